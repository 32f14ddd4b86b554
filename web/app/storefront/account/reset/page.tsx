/** Choosing a new password with the link of a mail. */
import type { Metadata } from 'next'
import { Reset } from '../../../../accounts/reset.tsx'
import { Storefront } from '../../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'A new password' }

export default function ResetPage() {
  return (
    <Storefront>
      <Reset />
    </Storefront>
  )
}
