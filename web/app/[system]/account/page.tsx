/** The account of whoever is signed in. */
import type { Metadata } from 'next'
import { AccountView } from '../../../accounts/account-view.tsx'

export const metadata: Metadata = { title: 'Your account' }

export default function AccountPage() {
  return <AccountView />
}
