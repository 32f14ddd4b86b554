/** Signing in. */
import type { Metadata } from 'next'
import { SignIn } from '../../../../accounts/sign-in.tsx'
import { type NextAskedProps, nextAsked } from '../../../../server/next-asked.ts'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage(props: NextAskedProps) {
  return <SignIn next={await nextAsked(props)} />
}
