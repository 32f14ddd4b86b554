'use client'
/** Who is signed in, for all pages of a system: asked for once, where a cookie says that somebody may be. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { refusalOf, valueIn } from '../asking/asking.ts'
import { useAccounts } from './place.tsx'
import type { Profile } from './shapes.ts'

export type Session =
  | { readonly state: 'unknown' }
  | { readonly state: 'nobody' }
  | { readonly state: 'unanswered'; readonly trace?: string | undefined }
  | { readonly state: 'somebody'; readonly who: Profile }

const SessionContext = createContext<Session>({ state: 'nobody' })

export function useSession(): Session {
  return useContext(SessionContext)
}

export interface SessionProviderProps {
  /** Whether the browser has a cookie of a session. */
  readonly known: boolean
  readonly children: ReactNode
}

export function SessionProvider({ known, children }: SessionProviderProps) {
  const { accounts } = useAccounts()
  const [session, setSession] = useState<Session>({ state: known ? 'unknown' : 'nobody' })
  useEffect(() => {
    if (!known) return undefined
    let isOpen = true
    const tell = (told: Session): void => {
      if (isOpen) setSession(told)
    }
    valueIn(accounts.me()).then(
      who => tell({ state: 'somebody', who }),
      error => tell(withoutProfile(error)),
    )
    return () => {
      isOpen = false
    }
  }, [known, accounts])
  const told = useMemo(() => session, [session])
  return <SessionContext value={told}>{children}</SessionContext>
}

function withoutProfile(error: unknown): Session {
  const { code, trace } = refusalOf(error)
  const isNobody = code === 'not-authenticated' || code === 'not-signed-in'
  return isNobody ? { state: 'nobody' } : { state: 'unanswered', trace }
}
