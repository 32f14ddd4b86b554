'use client'
/** Everything the counter's page shows and does, in one place: the number, whether it is live, the sales, the reset. */
import { counterClient } from '@systems/counter/client'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { LastSales, type Sale } from './last-sales.ts'
import { followLive } from './live.ts'
import { nextStock, type StockEvent, shownOf, stockOf } from './stock.ts'
import { type Refusal, refusalOf, Till } from './till.ts'

/** Of the gateway, from the page. */
const api = '/api/counter'

/** The stream is never so far behind. */
const quietMs = 2_000

export type Connection = 'connecting' | 'live' | 'lost'

export interface CounterView {
  readonly left: number
  readonly sales: readonly Sale[]
  readonly connection: Connection
  /** Own sales that wait for the connection. */
  readonly waiting: number
  /** A sale that was taken back, until it is dismissed. */
  readonly refusal: Refusal | undefined
  sell(): void
  dismiss(): void
  /** Rejects with what to say. */
  reset(): Promise<void>
}

export function useCounter(first: { readonly left: number; readonly sales: readonly Sale[] }): CounterView {
  const [stock, tell] = useReducer(nextStock, first.left, stockOf)
  const [sales, setSales] = useState(first.sales)
  const [connection, setConnection] = useState<Connection>('connecting')
  const [refusal, setRefusal] = useState<Refusal>()
  const till = useRef<Till>(undefined)
  const client = useMemo(() => counterClient(api), [])
  // What the page was drawn with counts once.
  const firstSales = useRef(first.sales)

  useEffect(() => {
    const last = new LastSales(client, firstSales.current, setSales)
    const hear = (event: StockEvent): void => {
      tell(event)
      clearTimeout(quiet)
      quiet = setTimeout(() => tell({ kind: 'quiet' }), quietMs)
    }
    let quiet: ReturnType<typeof setTimeout> | undefined
    const own = new Till(client, sessionStorage, { stock: hear, refused: setRefusal })
    till.current = own
    own.open()
    const end = followLive(api, {
      connected() {
        setConnection('live')
        own.resume()
      },
      lost: () => setConnection('lost'),
      told(left, isFirst) {
        hear({ kind: 'told', left, first: isFirst })
        last.ask()
      },
    })
    return () => {
      end()
      clearTimeout(quiet)
      own.close()
      last.close()
    }
  }, [client])

  return {
    left: shownOf(stock),
    sales,
    connection,
    waiting: stock.waiting,
    refusal,
    sell: useCallback(() => till.current?.sell(), []),
    dismiss: useCallback(() => setRefusal(undefined), []),
    reset: useCallback(async () => {
      // The new number comes by the stream, as to every page.
      await client.reset().catch(error => Promise.reject(refusalOf(error)))
    }, [client]),
  }
}
