/** Confirming an address with the link of a mail. */
import type { Metadata } from 'next'
import { Verify } from '../../../../accounts/verify.tsx'
import { type NextAskedProps, nextAsked } from '../../../../server/next-asked.ts'

export const metadata: Metadata = { title: 'Confirm your address' }

export default async function VerifyPage(props: NextAskedProps) {
  return <Verify next={await nextAsked(props)} />
}
