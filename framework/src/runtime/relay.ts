/**
 * Relay: sends on what waits in an outbox. The oldest first, in the order of their commits; sent, then forgotten, so
 * that a message may be sent twice (its queue knows its id) and never not at all. A queue that takes nothing holds up
 * none of the others.
 */
import { sleep } from '../contract/clock.ts'
import { limits } from '../contract/limits.ts'
import type { Queues } from '../contract/queue.ts'
import type { Outbox, OutboxEntry } from '../contract/store.ts'
import type { CallKit } from './call.ts'

export interface Relay {
  stop(): Promise<void>
}

const peeked = 100
/** Short: the other queues wait for it too. */
const longestPauseMs = 5_000

export function relay(
  kit: Pick<CallKit, 'clock' | 'activity' | 'logs' | 'plan' | 'scrub'>,
  outbox: Outbox,
  queues: Pick<Queues, 'send'>,
): Relay {
  const stopping = new AbortController()
  const { signal } = stopping
  let wake: () => void = () => {}
  let rung = true
  const stopListening = outbox.onEntry(() => {
    rung = true
    wake()
  })
  const rings = async (): Promise<void> => {
    if (rung || signal.aborted) return
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }
  const loop = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      await rings()
      rung = false
      const ended = kit.activity.begin('relay')
      try {
        await drain(outbox, queues, signal)
        failures = 0
      } catch (error) {
        failures++
        rung = true
        kit.logs({
          level: 'error',
          atMs: kit.clock.now(),
          plan: kit.plan,
          message: kit.scrub(`cannot send on from the outbox: ${error}`),
        })
        await sleep(kit.clock, Math.min(longestPauseMs, 100 * 2 ** failures), signal)
      } finally {
        ended()
      }
    }
  }
  const running = loop()
  return {
    async stop() {
      stopping.abort()
      stopListening()
      wake()
      await running
    },
  }
}

/** Sends on all that waits by now. Rejects when a queue takes nothing; the others have been served. */
export async function drain(outbox: Outbox, queues: Pick<Queues, 'send'>, signal: AbortSignal): Promise<void> {
  const failing = new Map<string, unknown>()
  // Entries of failing queues at the front: they are passed over.
  let stuck = 0
  while (!signal.aborted) {
    const most = peeked + stuck
    const all = await outbox.peek(most)
    const entries = all.filter(({ message }) => !failing.has(message.queue))
    stuck = all.length - entries.length
    if (entries.length === 0 && all.length < most) break
    for (let from = 0; from < entries.length; from += limits.messagesAtOnce) {
      await sendOn(outbox, queues, entries.slice(from, from + limits.messagesAtOnce), failing)
    }
  }
  for (const error of failing.values()) throw error
}

/** All at once; where that fails, each queue by itself. */
async function sendOn(
  outbox: Outbox,
  queues: Pick<Queues, 'send'>,
  entries: readonly OutboxEntry[],
  failing: Map<string, unknown>,
): Promise<void> {
  const open = entries.filter(({ message }) => !failing.has(message.queue))
  const names = [...new Set(open.map(({ message }) => message.queue))]
  try {
    await queues.send(open.map(({ message }) => message))
    await outbox.forget(open.map(({ position }) => position))
  } catch (error) {
    const [only, another] = names
    if (only !== undefined && another === undefined) failing.set(only, error)
    else for (const name of names) await sendOn(outbox, queues, ofQueue(open, name), failing)
  }
}

function ofQueue(entries: readonly OutboxEntry[], name: string): readonly OutboxEntry[] {
  return entries.filter(({ message }) => message.queue === name)
}
