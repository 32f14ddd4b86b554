'use client'
/** Reads the board when it is shown, filtered, connected anew, or found to lack something. */
import { useCallback, useEffect, useState } from 'react'
import { type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { ops } from '../storefront/clients.ts'
import { type BoardPage, type Filter, queryOf, read, readOn } from './board.ts'
import { useOps, useOpsDispatch } from './store.tsx'

/** Steps that come together are one reading. */
const togetherMs = 250

export function useBoard() {
  const dispatch = useOpsDispatch()
  const board = useOps(state => state.board)
  const connects = useOps(({ feed }) => feed.connects)
  const [refusal, setRefusal] = useState<Refusal>()
  const { filter, after, stale } = board

  const readFirst = useCallback(
    (isOpen: () => boolean = () => true) => {
      pageOf(filter).then(
        page => {
          if (!isOpen()) return
          setRefusal(undefined)
          dispatch(read(page))
        },
        error => isOpen() && setRefusal(refusalOf(error)),
      )
    },
    [filter, dispatch],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was missed before a connection is read after it
  useEffect(() => {
    let isOpen = true
    readFirst(() => isOpen)
    return () => {
      isOpen = false
    }
  }, [readFirst, connects])

  useEffect(() => {
    if (!stale) return undefined
    const timer = setTimeout(() => readFirst(), togetherMs)
    return () => clearTimeout(timer)
  }, [stale, readFirst])

  const more = useCallback(async () => {
    await pageOf(filter, after).then(
      page => dispatch(readOn(page)),
      error => setRefusal(refusalOf(error)),
    )
  }, [filter, after, dispatch])

  return { board, refusal, again: () => readFirst(), more }
}

async function pageOf(filter: Filter, after?: string): Promise<BoardPage> {
  const { items, after: next } = await valueIn(ops.board({ query: queryOf(filter, after) }))
  return { orders: items, after: next }
}
