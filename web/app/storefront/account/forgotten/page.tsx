/** Asking for a link to choose a new password. */
import type { Metadata } from 'next'
import { Forgotten } from '../../../../accounts/forgotten.tsx'
import { Storefront } from '../../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'Forgotten password' }

export default function ForgottenPage() {
  return (
    <Storefront>
      <Forgotten />
    </Storefront>
  )
}
