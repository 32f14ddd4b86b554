/** Around the pages that every system with accounts has. */
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { AccountsOf, aboutAccounts } from '../../server/accounts.tsx'

interface SystemLayoutProps {
  readonly params: Promise<{ readonly system: string }>
  readonly children: ReactNode
}

export async function generateMetadata({ params }: SystemLayoutProps): Promise<Metadata> {
  const about = await aboutAccounts((await params).system)
  const title = about && about !== 'unanswered' ? about.title : 'Accounts'
  return { title: { default: title, template: `%s · ${title}` } }
}

export default async function SystemLayout({ params, children }: SystemLayoutProps) {
  return <AccountsOf system={(await params).system}>{children}</AccountsOf>
}
