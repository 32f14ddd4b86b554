/** Runs before each page: makes its nonce and says what it may load. */
import { type NextRequest, NextResponse } from 'next/server'
import { isDevelopment } from './server/environment.ts'
import { contentPolicy } from './server/policy.ts'

export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
  const policy = contentPolicy(nonce, isDevelopment())
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  // Next reads the nonce from here, and puts it on what it writes itself.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

/** Files that were built are no pages. */
export const config = { matcher: '/((?!_next/static|icon.svg).*)' }
