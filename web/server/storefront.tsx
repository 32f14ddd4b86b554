/** Around both portals of storefront. */
import 'server-only'
import type { ReactNode } from 'react'
import { AccountsOf } from './accounts.tsx'

export function Storefront({ children }: { readonly children: ReactNode }) {
  return <AccountsOf system="storefront">{children}</AccountsOf>
}
