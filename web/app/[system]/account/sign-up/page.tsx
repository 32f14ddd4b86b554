/** Signing up, where people do so by themselves. */
import type { Metadata } from 'next'
import { SignUp } from '../../../../accounts/sign-up.tsx'
import { type NextAskedProps, nextAsked } from '../../../../server/next-asked.ts'

export const metadata: Metadata = { title: 'Sign up' }

export default async function SignUpPage(props: NextAskedProps) {
  return <SignUp next={await nextAsked(props)} />
}
