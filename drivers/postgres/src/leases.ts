/** Leases and messages as they stand in rows and in the contract. */
import type { QueuedMessage } from 'groundplan/driver'
import type { Row } from './connections.ts'

const told = /^\d{1,18}\.\d{1,18}$/

/** Leases as they are told, the row and which delivery of it: as arrays of numbers. What is no lease is left out. */
export function leaseColumns(leases: readonly string[]): readonly [string, string] {
  const known = leases.filter(lease => told.test(lease)).map(lease => lease.split('.'))
  return [`{${known.map(([row]) => row).join()}}`, `{${known.map(([, delivery]) => delivery).join()}}`]
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
