/** Around all pages of a system with accounts: whether it runs, whose accounts they are, and whether somebody may be signed in. */
import 'server-only'
import { accountsClient } from '@groundplan/accounts/client'
import { ClientError } from 'groundplan/client'
import { notFound } from 'next/navigation'
import { cache, type ReactNode } from 'react'
import { gatewayUrl } from '../accounts/addresses.ts'
import { AccountsProvider } from '../accounts/place.tsx'
import { SessionProvider } from '../accounts/session.tsx'
import { NotStarted } from '../look/not-started.tsx'
import { Unanswered } from '../look/unanswered.tsx'
import { systemsAddress } from './environment.ts'
import { hasSession } from './known.ts'
import { knownSystems } from './systems.ts'

export interface AccountsOfProps {
  /** As an address says it: it may be any text. */
  readonly system: string
  readonly children: ReactNode
}

export async function AccountsOf({ system, children }: AccountsOfProps) {
  const [systems, about] = await Promise.all([knownSystems(), aboutAccounts(system)])
  const known = systems?.find(({ name }) => name === system)
  if (systems && !known) notFound()
  if (!known || about === 'unanswered') return <Unanswered title="The accounts do not answer" />
  if (!known.running) return <NotStarted name={system} />
  if (!about) notFound()
  const { name, title, home, signUp } = about
  return (
    <AccountsProvider place={{ system, title, home, signUp }}>
      <SessionProvider known={await hasSession(name)}>{children}</SessionProvider>
    </AccountsProvider>
  )
}

/** What the accounts of a system say of themselves; undefined where it has none. Asked for once a page. */
export const aboutAccounts = cache(async (system: string) => {
  // Nothing else becomes part of an address that is asked.
  if (!/^[a-z][a-z0-9-]*$/.test(system)) return undefined
  try {
    const client = accountsClient(systemsAddress() + gatewayUrl(system), { tries: 2, timeout: '3 seconds' })
    return (await client.about()).value
  } catch (error) {
    if (error instanceof ClientError) return error.status === 404 ? undefined : ('unanswered' as const)
    throw error
  }
})
