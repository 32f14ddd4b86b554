import { describe, expect, inject, it } from 'vitest'
import type { NewMessage, QueueShape } from '../contract/queue.ts'
import { type MemoryClock, memoryClock } from './clock.ts'
import { type MemoryQueues, memoryQueues } from './queue.ts'

const shapes: readonly QueueShape[] = [
  { name: 'work', ordered: false },
  { name: 'steps', ordered: true },
]

function bed(): { readonly clock: MemoryClock; readonly queues: MemoryQueues } {
  const clock = memoryClock(1_000_000)
  return { clock, queues: memoryQueues({ clock, queues: shapes }) }
}

function take(queues: MemoryQueues, queue = 'work', max = 10, signal = new AbortController().signal) {
  return queues.receive(queue, { max, leaseMs: 60_000, signal })
}

const message = (id: number, more: Partial<NewMessage> = {}): NewMessage => ({
  queue: 'work',
  id: String(id),
  body: '{}',
  ...more,
})

describe('queues in memory', () => {
  it('serve who waits longest first, and who comes back last', async () => {
    const { queues } = bed()
    const served: string[] = []
    const receiver = async (name: string): Promise<void> => {
      const batch = await take(queues, 'work', 1)
      served.push(name)
      if (batch[0]?.id !== 'last') void receiver(name)
    }
    for (const name of ['a', 'b', 'c']) void receiver(name)
    for (let id = 0; id < 7; id++) {
      await queues.send([message(id)])
      await Promise.resolve()
    }
    expect(served).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  it('give a message that just became due to who waits, not to who comes at that moment', async () => {
    const { clock, queues } = bed()
    const waits = take(queues)
    await queues.send([message(1, { dueAtMs: clock.now() + 10 })])
    let late: Promise<readonly { readonly id: string }[]> | undefined
    // A timer set after the queue's own would be too late to come between: this one is due a little earlier.
    clock.at(clock.now() + 9, () => {
      late = take(queues)
    })
    await clock.advance(10)
    expect(await waits).toMatchObject([{ id: '1' }])
    await queues.send([message(2)])
    expect(await late).toMatchObject([{ id: '2' }])
  })

  it('set no timer while nobody waits, and leave none behind an aborted receive', async () => {
    const { clock, queues } = bed()
    await queues.send([message(1, { dueAtMs: clock.now() + 1_000 }), message(2)])
    await take(queues, 'work', 1)
    expect(clock.nextAt()).toBeUndefined()
    const stop = new AbortController()
    const waits = take(queues, 'work', 1, stop.signal)
    expect(clock.nextAt()).toBe(clock.now() + 1_000)
    stop.abort()
    expect(await waits).toEqual([])
    expect(clock.nextAt()).toBeUndefined()
  })

  it('set one timer however many wait', async () => {
    const { clock, queues } = bed()
    const waits = Array.from({ length: 50 }, () => take(queues, 'work', 1))
    await queues.send([message(0, { dueAtMs: clock.now() + 5 }), message(1, { dueAtMs: clock.now() + 6 })])
    expect(clock.nextAt()).toBe(clock.now() + 5)
    await clock.advance(5)
    expect(await waits[0]).toHaveLength(1)
    expect(clock.nextAt()).toBe(clock.now() + 1)
  })

  it('keep what is accepted within the call', async () => {
    const { queues } = bed()
    const waits = take(queues)
    queues.accept([message(1), message(2, { queue: 'steps', orderKey: 'k' })])
    expect(await queues.counts('steps')).toMatchObject({ ready: 1 })
    expect(await waits).toMatchObject([{ id: '1' }])
  })

  it('accept none of the messages when one is refused', async () => {
    const { queues } = bed()
    const refused = message(2, { queue: 'steps', orderKey: 'k', dueAtMs: 0 })
    expect(() => queues.accept([message(1), refused])).toThrow(/delay-on-ordered-queue/)
    expect(() => queues.accept([message(1), message(2, { orderKey: 'k' })])).toThrow(/takes no order key/)
    expect(() => queues.accept([message(1), message(2, { queue: 'steps' })])).toThrow(/needs an order key/)
    expect(() => queues.accept([message(1), message(2, { queue: 'nowhere' })])).toThrow(/no queue "nowhere"/)
    expect(await queues.counts('work')).toMatchObject({ ready: 0 })
  })

  it('do not follow what the sender does to its message afterwards', async () => {
    const { queues } = bed()
    const headers: Record<string, string> = { trace: '1' }
    await queues.send([message(1, { headers })])
    headers.trace = '2'
    expect(await take(queues)).toMatchObject([{ headers: { trace: '1' } }])
  })

  it('work with hundreds of thousands of messages waiting', async () => {
    const { clock, queues } = bed()
    const count = inject('thorough') ? 1_000_000 : 250_000
    const batch = 10_000
    for (let at = 0; at < count; at += batch) {
      const steps = (id: number) => ({ queue: 'steps', orderKey: `k${id % 100_000}` })
      queues.accept(Array.from({ length: batch }, (_, id) => message(at + id, (at + id) % 2 ? steps(at + id) : {})))
    }
    expect(await queues.counts('work')).toMatchObject({ ready: count / 2 })
    for (const queue of ['work', 'steps']) {
      for (let round = 0; round < 1_000; round++) {
        const [first, second, third] = await take(queues, queue, 3)
        await queues.done(queue, [first?.lease ?? ''])
        await queues.again(queue, second?.lease ?? '', 1_000)
        await queues.bury(queue, third?.lease ?? '', { reason: 'broken' })
      }
      expect(await queues.counts(queue)).toMatchObject({ ready: count / 2 - 3_000, delayed: 1_000, dead: 1_000 })
    }
    await clock.advance(1_000)
    expect(await queues.counts('work')).toMatchObject({ ready: count / 2 - 2_000, delayed: 0 })
  }, 30_000)
})
