'use client'
/** What was asked for, once it is there; until then shapes, and where it failed why. */
import type { ReactNode } from 'react'
import type { Asked } from '../asking/asking.ts'
import { Busy } from '../look/busy.tsx'
import { Failure } from '../look/failure.tsx'
import { SignInFirst } from './sign-in-first.tsx'

export interface AnsweredProps<V> {
  readonly asked: Asked<V>
  /** What is fetched, such as `The orders`. */
  readonly what: string
  readonly children: (value: V) => ReactNode
}

export function Answered<V>({ asked: { value, refusal, again }, what, children }: AnsweredProps<V>) {
  if (refusal?.code === 'not-authenticated' || refusal?.code === 'not-signed-in') return <SignInFirst />
  if (value === undefined && refusal?.code === 'not-found') {
    return <Failure title="There is no such thing here" detail={refusal.detail} />
  }
  return (
    <>
      {refusal && (
        <Failure title={`${what} could not be fetched`} detail={refusal.detail} trace={refusal.trace} again={again} />
      )}
      {value !== undefined && children(value)}
      {value === undefined && !refusal && <Busy label={`${what}: being fetched`} />}
    </>
  )
}
