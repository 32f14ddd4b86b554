/** Leases and messages as they stand in rows and in the contract. */
import type { QueuedMessage } from 'groundplan/driver'
import type { Row } from './connections.ts'

/** A lease as it is told: the row, and which delivery of it. */
export function leaseColumns(leases: readonly string[]): readonly [readonly string[], readonly string[]] {
  const known = leases.map(lease => /^(\d{1,18})\.(\d{1,18})$/.exec(lease)).filter(match => match !== null)
  return [known.map(match => String(match[1])), known.map(match => String(match[2]))]
}

/** Id, body, order key, headers, time of sending, attempt. */
export function messageIn(queue: string, row: Row): QueuedMessage {
  const [id, body, orderKey, headers, sentAtMs, attempt] = row
  return {
    queue,
    id: String(id),
    body: String(body),
    ...(orderKey == null ? {} : { orderKey }),
    headers: JSON.parse(String(headers)),
    sentAtMs: Number(sentAtMs),
    attempt: Number(attempt),
  }
}
