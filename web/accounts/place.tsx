'use client'
/** Whose accounts a page is about: all its parts ask them, and lead to their pages. */
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { type AccountPages, leadingTo, pagesOf } from './addresses.ts'
import { type Clients, clientsOf } from './clients.ts'

/** What the server tells of them; there is nothing of anybody in it. */
export interface Place {
  readonly system: string
  readonly title: string
  /** Where one goes who wanted to go nowhere else. */
  readonly home: string
  /** Whether people sign up by themselves. */
  readonly signUp: boolean
}

export interface Accounts extends Place, Omit<Clients, 'fetch'> {
  readonly pages: AccountPages
  /** Leads back to where one was. */
  signInAddress(next: string): string
  /** Ends the session and loads `next` anew: nothing of it stays in memory. */
  signOut(next: string): Promise<void>
}

const PlaceContext = createContext<Place | undefined>(undefined)

export function AccountsProvider({ place, children }: { readonly place: Place; readonly children: ReactNode }) {
  return <PlaceContext value={place}>{children}</PlaceContext>
}

export function useAccounts(): Accounts {
  const place = useContext(PlaceContext)
  if (!place) throw new Error('this part of a page stands outside of any accounts')
  return useMemo(() => accountsAt(place), [place])
}

function accountsAt(place: Place): Accounts {
  const { accounts, signingIn } = clientsOf(place.system)
  const pages = pagesOf(place.system)
  return {
    ...{ ...place, accounts, signingIn, pages },
    signInAddress: next => leadingTo(pages.signIn, next),
    async signOut(next) {
      await accounts.signOut().catch(() => undefined)
      location.assign(next)
    },
  }
}
