'use client'
/** What should be here did not answer when the page was drawn: says so, and asks again by itself until it does. */
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { Failure } from './failure.tsx'

const againMs = 3_000

export function Unanswered({ title, trace }: { readonly title: string; readonly trace?: string | undefined }) {
  const { refresh } = useRouter()
  useEffect(() => {
    const timer = setInterval(refresh, againMs)
    return () => clearInterval(timer)
  }, [refresh])
  return <Failure title={title} detail="This page asks again by itself." trace={trace} again={refresh} />
}
