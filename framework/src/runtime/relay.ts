/**
 * Relay: sends on what waits in an outbox. The oldest first, in the order of their commits; sent, then forgotten, so
 * that a message may be sent twice (its queue knows its id) and never not at all.
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

export function relay(
  kit: Pick<CallKit, 'clock' | 'activity' | 'logs' | 'plan'>,
  outbox: Outbox,
  queues: Queues,
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
          message: `cannot send on from the outbox: ${error}`,
        })
        await sleep(kit.clock, Math.min(30_000, 100 * 2 ** failures), signal)
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

async function drain(outbox: Outbox, queues: Queues, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const entries = await outbox.peek(peeked)
    if (entries.length === 0) return
    for (let from = 0; from < entries.length; from += limits.messagesAtOnce) {
      await sendOn(outbox, queues, entries.slice(from, from + limits.messagesAtOnce))
    }
  }
}

async function sendOn(outbox: Outbox, queues: Queues, entries: readonly OutboxEntry[]): Promise<void> {
  await queues.send(entries.map(({ message }) => message))
  await outbox.forget(entries.map(({ position }) => position))
}
