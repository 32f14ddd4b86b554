/** Choosing a new password with the link of a mail. */
import type { Metadata } from 'next'
import { Reset } from '../../../../accounts/reset.tsx'
import { type NextAskedProps, nextAsked } from '../../../../server/next-asked.ts'

export const metadata: Metadata = { title: 'A new password' }

export default async function ResetPage(props: NextAskedProps) {
  return <Reset next={await nextAsked(props)} />
}
