/** Messages as arguments of `groundplan_apply`: each id once, numbers instead of long texts where only equality counts. */
import { createHash } from 'node:crypto'
import type { NewMessage } from 'groundplan/driver'
import type { Catalogue } from './catalogue.ts'

/** Queue, id, hash of the id, body, order key, its hash, headers, due time. */
export function messageColumns(messages: readonly NewMessage[], { queues }: Catalogue): readonly unknown[][] {
  const columns: unknown[][] = [[], [], [], [], [], [], [], []]
  const seen = new Set<string>()
  for (const { queue, id, body, orderKey, headers = {}, dueAtMs } of messages) {
    const name = `${queue}\0${id}`
    if (seen.has(name)) continue
    seen.add(name)
    const row = [
      queues.get(queue),
      id,
      idHash(id),
      body,
      orderKey ?? null,
      orderKey === undefined ? null : orderHash(queue, orderKey),
      JSON.stringify(headers),
      dueAtMs === undefined ? null : Math.ceil(dueAtMs),
    ]
    for (const [at, value] of row.entries()) columns[at]?.push(value)
  }
  return columns
}

/** 128 bits, as a uuid: two ids of one hash will not be met. */
function idHash(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32)
}

/** 64 bits: two keys of one hash would only wait for each other. */
function orderHash(queue: string, orderKey: string): string {
  return createHash('sha256').update(`${queue}\0${orderKey}`).digest().readBigInt64BE().toString()
}
