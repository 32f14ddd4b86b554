/** Asking for a link to choose a new password. */
import type { Metadata } from 'next'
import { Forgotten } from '../../../../accounts/forgotten.tsx'
import { type NextAskedProps, nextAsked } from '../../../../server/next-asked.ts'

export const metadata: Metadata = { title: 'Forgotten password' }

export default async function ForgottenPage(props: NextAskedProps) {
  return <Forgotten next={await nextAsked(props)} />
}
