/** What the promises of queues have in common: queues to work with, and receiving without luck. */
import type { Leased, NewMessage, QueueShape, Queues } from '../queue.ts'
import type { Promised, Subject } from './promises.ts'

export interface QueueSubject extends Subject {
  readonly queues: Queues
  /** Ends the process that holds the queues, as a kill would, and opens them again. Only engines that keep them. */
  reopen?(): Promise<Queues>
}

export type QueueNeeds = readonly QueueShape[]

/** Not ordered. */
export const work = 'work'
/** Not ordered either. */
export const other = 'other'
/** Ordered. */
export const steps = 'steps'

export function promise(keep: (subject: QueueSubject) => Promise<void>): Promised<QueueSubject, QueueNeeds> {
  const needs = [
    { name: work, ordered: false },
    { name: other, ordered: false },
    { name: steps, ordered: true },
  ]
  return { needs, keep }
}

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** A message for `work`, or for `steps` where it has an order key. */
export function message(id: string, more: Partial<NewMessage> = {}): NewMessage {
  const queue = more.orderKey === undefined ? work : steps
  return { queue, id, body: JSON.stringify({ of: id }), ...more }
}

/** Messages `1` to `count`. */
export function messages(count: number, more: Partial<NewMessage> = {}): readonly NewMessage[] {
  return Array.from({ length: count }, (_, index) => message(String(index + 1), more))
}

interface Taking {
  readonly max?: number
  readonly leaseMs?: number
}

/** Waits for the first message. */
export function take(queues: Queues, queue: string, taking: Taking = {}): Promise<readonly Leased[]> {
  const { max = 10, leaseMs = 30 * second } = taking
  return queues.receive(queue, { max, leaseMs, signal: new AbortController().signal })
}

/** Waits for one message. */
export async function takeOne(queues: Queues, queue: string, leaseMs?: number): Promise<Leased> {
  const [first] = await take(queues, queue, { max: 1, ...(leaseMs === undefined ? {} : { leaseMs }) })
  if (!first) throw new Error('a receive that nobody aborted gave nothing')
  return first
}

/** Receives until there are so many, one batch after the other. */
export async function takeMany(queues: Queues, queue: string, count: number, leaseMs?: number): Promise<Leased[]> {
  const taken: Leased[] = []
  while (taken.length < count) {
    const max = Math.min(10, count - taken.length)
    taken.push(...(await take(queues, queue, { max, ...(leaseMs === undefined ? {} : { leaseMs }) })))
  }
  return taken
}

/**
 * What can be received now; it is leased then. A message sent after the receive began shows when there is nothing
 * else: what is hidden stays behind, whatever the engine's speed.
 */
export async function takeWhatIsDue(queues: Queues, queue: string): Promise<readonly Leased[]> {
  const marker = message(
    `marker ${crypto.randomUUID()}`,
    queue === steps ? { orderKey: crypto.randomUUID() } : { queue },
  )
  const found: Leased[] = []
  for (let sent = false; ; ) {
    const receiving = take(queues, queue)
    if (!sent) await queues.send([marker])
    sent = true
    const batch = await receiving
    found.push(...batch.filter(({ id }) => id !== marker.id))
    const marked = batch.find(({ id }) => id === marker.id)
    if (!marked) continue
    await queues.done(queue, [marked.lease])
    return found
  }
}

/** A receive under way, and whether it has given something. */
export function receiving(queues: Queues, queue: string, taking: Taking = {}): Receiving {
  const { max = 10, leaseMs = 30 * second } = taking
  const controller = new AbortController()
  const given = queues.receive(queue, { max, leaseMs, signal: controller.signal })
  const state = { settled: false }
  const settle = (): void => {
    state.settled = true
  }
  given.then(settle, settle)
  return { given, abort: () => controller.abort(), hasGiven: () => state.settled }
}

export interface Receiving {
  readonly given: Promise<readonly Leased[]>
  abort(): void
  hasGiven(): boolean
}

export function ids(found: readonly { readonly id: string }[]): readonly string[] {
  return found.map(({ id }) => id)
}
