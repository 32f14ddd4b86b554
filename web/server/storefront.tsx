/** Around both portals of storefront: whether the system runs, and whether somebody may be signed in. */
import 'server-only'
import type { ReactNode } from 'react'
import { NotStarted } from '../look/not-started.tsx'
import { Unanswered } from '../look/unanswered.tsx'
import { SessionProvider } from '../storefront/session.tsx'
import { hasSession } from './known.ts'
import { knownSystems } from './systems.ts'

export async function Storefront({ children }: { readonly children: ReactNode }) {
  const [systems, known] = await Promise.all([knownSystems(), hasSession('shop')])
  if (!systems) return <Unanswered title="The shop does not answer" />
  if (!systems.some(({ name, running }) => name === 'storefront' && running)) return <NotStarted name="storefront" />
  return <SessionProvider known={known}>{children}</SessionProvider>
}
