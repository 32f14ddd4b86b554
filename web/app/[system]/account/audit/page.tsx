/** The audit trail, for whoever manages people; `?person=` begins with somebody's. */
import type { Metadata } from 'next'
import { AuditView } from '../../../../accounts/audit-view.tsx'

export const metadata: Metadata = { title: 'Audit trail' }

interface AuditPageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

export default async function AuditPage({ searchParams }: AuditPageProps) {
  const { person } = await searchParams
  return <AuditView person={typeof person === 'string' ? person : ''} />
}
