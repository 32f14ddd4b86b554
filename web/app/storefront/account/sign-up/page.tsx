/** Signing up to storefront. */
import type { Metadata } from 'next'
import { SignUp } from '../../../../accounts/sign-up.tsx'
import { Storefront } from '../../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'Sign up' }

interface SignUpPageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

export default async function SignUpPage({ searchParams }: SignUpPageProps) {
  const { next } = await searchParams
  return (
    <Storefront>
      <SignUp next={typeof next === 'string' ? next : undefined} />
    </Storefront>
  )
}
