/**
 * Sends the order that is under way until the shop has said what became of it: through a lost connection, a restart of the
 * server and a reload of the page. Its key makes it one order, however often it is sent.
 */
import type { CustomerClient } from '@systems/storefront/client'
import { isPassing, type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import type { Order } from '../storefront/shapes.ts'
import type { Sending } from './basket.ts'

const firstPauseMs = 500
const longestPauseMs = 8_000

export interface CheckoutEvents {
  placed(order: Order): void
  refused(why: Refusal): void
  /** Nobody answers; it is sent again by itself. */
  delayed(): void
}

/** Gives what ends it; the order stays noted. */
export function sendOrder(client: Pick<CustomerClient, 'order'>, sending: Sending, events: CheckoutEvents): () => void {
  const closing = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const { key, name, lines } = sending

  const send = async (pauseMs: number): Promise<void> => {
    try {
      const body = { lines: [...lines], ...(name === '' ? {} : { name }) }
      const order = await valueIn(client.order({ once: key, body }, { timeout: '8 seconds', signal: closing.signal }))
      if (!closing.signal.aborted) events.placed(order)
    } catch (error) {
      if (closing.signal.aborted) return
      const why = refusalOf(error)
      if (!isPassing(why)) return events.refused(why)
      events.delayed()
      timer = setTimeout(() => void send(Math.min(pauseMs * 2, longestPauseMs)), pauseMs)
    }
  }
  void send(firstPauseMs)
  return () => {
    closing.abort()
    clearTimeout(timer)
  }
}
