/** Confirming an address with the link of a mail. */
import type { Metadata } from 'next'
import { Verify } from '../../../../accounts/verify.tsx'
import { Storefront } from '../../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'Confirm your address' }

export default function VerifyPage() {
  return (
    <Storefront>
      <Verify />
    </Storefront>
  )
}
