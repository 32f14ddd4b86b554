'use client'
/** A page failed while it was drawn. What happened stands in the server's log, under the digest. */
import { Failure } from '../look/failure.tsx'

interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string }
  readonly reset: () => void
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return <Failure title="This page failed" trace={error.digest} again={reset} />
}
