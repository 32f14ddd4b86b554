/** The account of whoever is signed in to storefront. */
import type { Metadata } from 'next'
import { AccountView } from '../../../accounts/account-view.tsx'
import { Storefront } from '../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'Your account' }

export default function AccountPage() {
  return (
    <Storefront>
      <AccountView home="/shop" />
    </Storefront>
  )
}
