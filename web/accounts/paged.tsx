'use client'
/** What comes page by page: what is there, and a button for what comes after it. */
import Button from '@mui/material/Button'
import { type ReactNode, useCallback, useState } from 'react'
import { type Refusal, refusalOf, useAsked } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { Answered } from './answered.tsx'
import { wordsOf } from './words.ts'

export interface Page<V> {
  readonly items: readonly V[]
  readonly after?: string | undefined
}

export interface PagedProps<V> {
  /** Wrap it in `useCallback`: another one is another question. */
  readonly load: (after: string | undefined) => Promise<Page<V>>
  /** What is fetched, such as `The people`. */
  readonly what: string
  /** What the button says. */
  readonly more: string
  readonly none: ReactNode
  readonly children: (items: readonly V[], again: () => void) => ReactNode
}

export function Paged<V>({ load, what, more, none, children }: PagedProps<V>) {
  const [isBusy, setBusy] = useState(false)
  const [why, setWhy] = useState<Refusal>()
  const asked = useAsked(useCallback(() => filled(load, undefined), [load]))
  const next = (before: Page<V>): void => {
    setBusy(true)
    setWhy(undefined)
    filled(load, before.after)
      .then(({ items, after }) => asked.set({ items: [...before.items, ...items], after }))
      .catch(error => setWhy(refusalOf(error)))
      .finally(() => setBusy(false))
  }
  return (
    <Answered asked={asked} what={what}>
      {page => (
        <>
          {page.items.length === 0 ? none : children(page.items, asked.again)}
          {why && <Failure title="No more could be fetched" detail={wordsOf(why)} trace={why.trace} />}
          {page.after !== undefined && (
            <Button variant="outlined" loading={isBusy} onClick={() => next(page)} sx={{ alignSelf: 'flex-start' }}>
              {more}
            </Button>
          )}
        </>
      )}
    </Answered>
  )
}

const mostReads = 12

/** A page may be empty while there is more: then the next one is read. */
async function filled<V>(load: PagedProps<V>['load'], start: string | undefined): Promise<Page<V>> {
  let page = await load(start)
  for (let reads = 1; page.items.length === 0 && page.after !== undefined && reads < mostReads; reads++) {
    page = await load(page.after)
  }
  return page
}
