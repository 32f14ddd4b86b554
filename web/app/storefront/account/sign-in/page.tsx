/** Signing in to storefront: its customers and its operators. */
import type { Metadata } from 'next'
import { SignIn } from '../../../../accounts/sign-in.tsx'
import { Storefront } from '../../../../server/storefront.tsx'

export const metadata: Metadata = { title: 'Sign in' }

interface SignInPageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { next } = await searchParams
  return (
    <Storefront>
      <SignIn next={typeof next === 'string' ? next : undefined} otherwise="/shop" />
    </Storefront>
  )
}
