'use client'
/** Asking a gateway from a page: what is there, what is awaited and what went wrong, in one value. */
import { ClientError } from 'groundplan/client'
import { useCallback, useEffect, useRef, useState } from 'react'

/** Why something could not be done, as pages say it. */
export interface Refusal {
  readonly code: string
  readonly detail: string
  readonly trace?: string | undefined
}

export type Reply<V> =
  | { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly problem: { readonly code: string; readonly detail?: string | undefined } }

/** The value of a reply; rejects with a `Refused` for anything else. */
export async function valueIn<V>(asked: Promise<Reply<V> | { readonly ok: true; readonly value: V }>): Promise<V> {
  const reply = await asked.catch((error: unknown) => Promise.reject(new Refused(refusalOf(error))))
  if (reply.ok) return reply.value
  throw new Refused({ code: reply.problem.code, detail: reply.problem.detail ?? '' })
}

/** A request that was refused, or not answered. */
export class Refused extends Error {
  readonly why: Refusal

  constructor(why: Refusal) {
    super(why.detail)
    this.why = why
  }
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.why
  if (!(error instanceof ClientError)) return { code: 'unexpected', detail: 'Something went wrong in this page' }
  return { code: error.code, detail: error.detail ?? 'The server could not do it', trace: error.trace }
}

/** Whether the same may succeed later: nobody answered, or somebody asked to come back. */
export function isPassing({ code }: Refusal): boolean {
  return ['service-unavailable', 'timed-out', 'too-many-requests', 'call-in-flight'].includes(code)
}

export interface Asked<V> {
  /** What was told last; kept while it is asked for again. */
  readonly value: V | undefined
  readonly refusal: Refusal | undefined
  again(): void
  /** Shows this from now on, such as the answer to a change. */
  set(value: V): void
}

export interface AskedOptions {
  /** Asks again so often while the page is looked at. */
  readonly everyMs?: number | undefined
}

/** Asks when the page is shown, and again when `ask` is another function: wrap it in `useCallback`. */
export function useAsked<V>(ask: () => Promise<V>, { everyMs }: AskedOptions = {}): Asked<V> {
  const [state, setState] = useState<{ readonly value?: V; readonly refusal?: Refusal }>({})
  // The answer to an older question never takes the place of that to a newer one.
  const asking = useRef(0)
  const again = useCallback(() => {
    const mine = ++asking.current
    const isNewest = (): boolean => asking.current === mine
    ask().then(
      value => isNewest() && setState({ value }),
      error => isNewest() && setState(before => ({ ...before, refusal: refusalOf(error) })),
    )
  }, [ask])
  useEffect(() => {
    again()
    return () => {
      asking.current++
    }
  }, [again])
  useEffect(() => {
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => document.visibilityState === 'visible' && again(), everyMs)
    return () => clearInterval(timer)
  }, [again, everyMs])
  const set = useCallback((value: V) => {
    asking.current++
    setState({ value })
  }, [])
  return { value: state.value, refusal: state.refusal, again, set }
}
