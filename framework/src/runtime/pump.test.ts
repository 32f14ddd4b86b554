import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fault } from '../contract/problems.ts'
import { type BatchCall, type ConsumerCall, consumer } from '../plan/consumer.ts'
import { queue } from '../plan/queue.ts'
import { table } from '../plan/table.ts'
import { testbed } from '../targets/testbed.ts'
import { backgroundPlan, latch, rejection } from './test/small.ts'

const Job = z.object({ job: z.string() })
type Work = (call: ConsumerCall<{ job: string }>) => unknown

const jobs = queue('jobs', { message: Job, attempts: 3, backoff: { first: '10 seconds', most: '15 seconds' } })

/** A bed whose consumer does this with each job. */
async function working(handle: Work, more: { readonly concurrency?: number } = {}) {
  const bed = await testbed(backgroundPlan({ work: consumer(jobs, { ...more, handle }) }))
  const { sender } = bed.uses({ sender: jobs.sender })
  const send = async (...names: readonly string[]) => {
    for (const job of names) await sender.send({ job })
    await bed.settled({ deadLetters: 'expected' })
  }
  return Object.assign(bed, { send, sender })
}

const seconds = (bed: { readonly now: Date }) => (bed.now.getTime() - Date.parse('2026-01-01T00:00:00Z')) / 1_000

describe('A consumer', () => {
  it('is given each message once, with its id, its attempt and when it was sent', async () => {
    const given: unknown[] = []
    await using bed = await working(({ message, id, attempt, sentAt, at }) =>
      given.push({ message, id, attempt, sentAt, at }),
    )
    await bed.sender.send({ job: 'a' }, { id: 'mine' })
    await bed.settled()
    const at = new Date('2026-01-01T00:00:00.000Z')
    expect(given).toEqual([{ message: { job: 'a' }, id: 'mine', attempt: 1, sentAt: at, at }])
    await bed.advance('1 hour')
    expect(given).toHaveLength(1)
  })

  it('runs as many calls at a time as it says, and no more', async () => {
    let running = 0
    let most = 0
    let done = 0
    await using bed = await working(
      async () => {
        most = Math.max(most, ++running)
        await new Promise(resolve => setTimeout(resolve, 1_000))
        running--
        done++
      },
      { concurrency: 3 },
    )
    await bed.send(...Array.from({ length: 10 }, (_each, at) => `${at}`))
    expect([running, done]).toEqual([3, 0])
    await bed.advance('4 seconds')
    expect([most, done]).toEqual([3, 10])
  })

  it('begins the next call while what became of the last is being kept, as far as a bound', async () => {
    const handled: string[] = []
    await using bed = await working(({ message }) => handled.push(message.job), { concurrency: 2 })
    const { queues } = bed.drivers
    const kept = latch()
    const done = queues.done.bind(queues)
    queues.done = async (...settled) => {
      await kept.opened
      return done(...settled)
    }
    const names = Array.from({ length: 20 }, (_each, at) => `${at}`)
    for (const job of names) await bed.sender.send({ job })
    // Two places, and three outcomes for each that nobody has kept.
    await expect.poll(() => handled.length).toBe(8)
    kept.open()
    await bed.settled()
    expect(handled.toSorted()).toEqual(names.toSorted())
    await bed.advance('1 hour')
    expect(handled).toHaveLength(20)
  })

  it('has all places filled together that are free at a moment, while there are messages for them', async () => {
    let handled = 0
    const handle = async () => {
      await undefined
      handled++
    }
    await using bed = await working(handle, { concurrency: 30 })
    const { queues } = bed.drivers
    const receive = queues.receive.bind(queues)
    let asked = 0
    let flushed = latch()
    queues.receive = async (queue, wanted) => {
      asked += wanted.max
      await flushed.opened
      return receive(queue, wanted)
    }
    const names = Array.from({ length: 100 }, (_each, at) => `${at}`)
    await queues.send(names.map(id => ({ queue: 'jobs', id, body: JSON.stringify({ job: id }) })))
    // One receive gives ten; the first of them waited before there was anything.
    for (const before of [10, 40, 70]) {
      await expect.poll(() => [handled, asked]).toEqual([before, 30])
      asked = 0
      const { open } = flushed
      flushed = latch()
      open()
    }
    flushed.open()
    await bed.settled()
    expect(handled).toBe(100)
  })

  it('is tried again after the back-off, with jitter within its bounds, and then buried with the reason and the trace', async () => {
    const attempts: number[] = []
    await using bed = await working(() => {
      attempts.push(seconds(bed))
      throw new Error(`no luck with attempt ${attempts.length}`)
    })
    await bed.send('a')
    await bed.advance('60 seconds')
    const [first = 0, second = 0, third = 0] = attempts
    expect(attempts).toHaveLength(3)
    // Half to all of 10 seconds, then of 20, which are 15 at most.
    expect(second - first).toBeGreaterThanOrEqual(5)
    expect(second - first).toBeLessThanOrEqual(10)
    expect(third - second).toBeGreaterThanOrEqual(7.5)
    expect(third - second).toBeLessThanOrEqual(15)
    const [dead] = await bed.deadLetters()
    expect(dead).toMatchObject({ queue: 'jobs', attempt: 3, reason: 'no luck with attempt 3' })
    expect(bed.logs.map(({ trace }) => trace)).toContain(dead?.trace)
    expect(bed.logs).toHaveLength(3)
  })

  it('draws its jitter anew, so that what failed together does not come back together', async () => {
    const second: number[] = []
    await using bed = await working(({ attempt }) => {
      if (attempt === 1) throw new Error('no luck')
      second.push(seconds(bed))
    })
    await bed.send(...Array.from({ length: 30 }, (_each, at) => `${at}`))
    await bed.advance('10 seconds')
    expect(second).toHaveLength(30)
    expect(new Set(second).size).toBeGreaterThan(20)
  })

  it('makes the same ids at each attempt, and others for another message', async () => {
    const ids: string[] = []
    await using bed = await working(({ attempt, newId }) => {
      ids.push(newId())
      if (attempt === 1) throw new Error('no luck')
    })
    await bed.send('a', 'b')
    await bed.advance('20 seconds')
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(2)
  })

  it('does a redriven message with the same ids, its attempts counted from one', async () => {
    const seen: unknown[] = []
    let broken = true
    await using bed = await working(({ attempt, newId }) => {
      seen.push([attempt, newId()])
      if (broken) throw new Error('no luck')
    })
    await bed.send('a')
    await bed.advance('60 seconds')
    broken = false
    expect(await bed.redrive('jobs')).toBe(1)
    await bed.settled()
    const [[, id] = []] = seen as [number, string][]
    expect(seen).toEqual([1, 2, 3, 1].map(attempt => [attempt, id]))
    expect(await bed.deadLetters()).toEqual([])
  })

  it('that takes too long is cut off, and tried again', async () => {
    const heard: unknown[] = []
    await using bed = await working(({ attempt, signal }) => {
      signal.addEventListener('abort', () => heard.push(signal.reason.code))
      return attempt === 1 ? new Promise(() => {}) : undefined
    })
    await bed.send('a')
    await bed.advance('40 seconds')
    expect(heard).toEqual(['timed-out'])
    expect(await bed.drivers.queues.counts('jobs')).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0 })
  })

  it('counts the deaths of its process as attempts, and buries what kills it', async () => {
    const attempts: number[] = []
    await using bed = await working(({ attempt }) => {
      attempts.push(attempt)
      return new Promise(() => {})
    })
    await bed.send('killer')
    for (let death = 0; death < 4; death++) {
      await bed.restart()
      await bed.advance('30 seconds')
    }
    expect(attempts).toEqual([1, 2, 3])
    expect(await bed.deadLetters()).toMatchObject([
      {
        attempt: 4,
        reason: 'handed out 3 times and never settled: the process died or was stopped while it was handled',
      },
    ])
  })

  it('is not given what fits no version of its schema: that is buried at once, and comes back when the schema is right', async () => {
    const given: string[] = []
    await using bed = await working(({ message }) => given.push(message.job))
    await bed.drivers.queues.send([
      { queue: 'jobs', id: 'unfit', body: '{"job":7}' },
      { queue: 'jobs', id: 'no-json', body: '{"job":' },
      { queue: 'jobs', id: 'fit', body: '{"job":"a"}' },
    ])
    await bed.settled({ deadLetters: 'expected' })
    expect(given).toEqual(['a'])
    const dead = await bed.deadLetters()
    expect(dead.map(({ id, attempt }) => [id, attempt])).toEqual([
      ['unfit', 1],
      ['no-json', 1],
    ])
    expect(dead[0]?.reason).toContain('message-invalid: a message of "jobs" fits no version of its schema: /job')
    expect(bed.logs.map(({ fields }) => fields?.message)).toEqual(['unfit', 'no-json'])
  })

  it('is tried again when it was its own message to another queue that did not fit', async () => {
    const others = queue('others', { message: z.object({ count: z.int() }) })
    const work = consumer(jobs, {
      uses: { others: others.sender },
      handle: ({ attempt }, { others }) => others.send({ count: attempt < 3 ? 0.5 : 1 }),
    })
    const counted: number[] = []
    const countUp = consumer(others, { handle: ({ message }) => counted.push(message.count) })
    await using bed = await testbed(backgroundPlan({ work, countUp }))
    await bed.uses({ jobs: jobs.sender }).jobs.send({ job: 'a' })
    await bed.advance('60 seconds')
    await bed.settled()
    expect(counted).toEqual([1])
  })

  it('reads messages in flight in their older form', async () => {
    const Old = z.object({ name: z.string() })
    const upgraded = queue('upgraded', { message: [Old, old => ({ job: `${old.name}!` }), Job] })
    const given: unknown[] = []
    const work = consumer(upgraded, { handle: ({ message }) => given.push(message) })
    await using bed = await testbed(backgroundPlan({ work }))
    await bed.drivers.queues.send([{ queue: 'upgraded', id: '1', body: '{"name":"old"}' }])
    await bed.settled()
    expect(given).toEqual([{ job: 'old!' }])
  })
})

describe('A batch', () => {
  const batched = queue('batched', { message: Job, attempts: 2, backoff: { first: '1 second', most: '1 second' } })
  type Batch = BatchCall<{ job: string }>

  async function batching(
    handle: (call: Batch) => never | undefined | { failed: readonly Batch['deliveries'][number][] },
  ) {
    const work = consumer(batched, { batch: 5, concurrency: 1, handle: handle as (call: Batch) => undefined })
    const bed = await testbed(backgroundPlan({ work }))
    const send = async (...jobs: readonly string[]) => {
      await bed.drivers.queues.send(jobs.map(job => ({ queue: 'batched', id: job, body: JSON.stringify({ job }) })))
      await bed.settled({ deadLetters: 'expected' })
    }
    return Object.assign(bed, { send })
  }
  const names = (call: Batch) => call.deliveries.map(({ message }) => message.job)

  it('is given together, at most so many', async () => {
    const batches: string[][] = []
    await using bed = await batching(call => void batches.push(names(call)) as undefined)
    await bed.send('a', 'b', 'c', 'd', 'e', 'f', 'g')
    expect(batches).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['f', 'g'],
    ])
  })

  it('comes again as far as it is returned as failed, also by copies of its deliveries; the rest is done', async () => {
    const batches: string[][] = []
    await using bed = await batching(call => {
      batches.push(names(call))
      const failed = call.deliveries.filter(({ message, attempt }) => message.job !== 'a' && attempt === 1)
      return { failed: failed.map(delivery => ({ ...delivery })) }
    })
    await bed.send('a', 'b', 'c')
    await bed.advance('2 seconds')
    expect(batches[0]).toEqual(['a', 'b', 'c'])
    expect(batches.slice(1).flat().sort()).toEqual(['b', 'c'])
    expect(await bed.deadLetters()).toEqual([])
  })

  it('is tried again as a whole when it throws, or returns what it was not given', async () => {
    for (const handle of [
      (): never => {
        throw new Error('no luck')
      },
      () => ({ failed: [{ id: 'made-up', message: { job: 'x' }, attempt: 1, sentAt: new Date() }] }),
    ]) {
      await using bed = await batching(handle as never)
      await bed.send('a', 'b')
      await bed.advance('2 seconds')
      const dead = await bed.deadLetters()
      expect(dead.map(({ id }) => id).sort()).toEqual(['a', 'b'])
      expect(dead[0]?.reason).toMatch(/no luck|"made-up" was returned as failed and is not of this batch/)
    }
  })

  it('loses only the message that cannot be read', async () => {
    const batches: string[][] = []
    await using bed = await batching(call => void batches.push(names(call)) as undefined)
    await bed.drivers.queues.send([
      { queue: 'batched', id: 'a', body: '{"job":"a"}' },
      { queue: 'batched', id: 'bad', body: '{}' },
      { queue: 'batched', id: 'b', body: '{"job":"b"}' },
    ])
    await bed.settled({ deadLetters: 'expected' })
    expect(batches).toEqual([['a', 'b']])
    expect((await bed.deadLetters()).map(({ id }) => id)).toEqual(['bad'])
  })

  it('put together anew makes other ids, so that nothing of another batch is written over', async () => {
    const ids = new Map<string, string[]>()
    await using bed = await batching(call => {
      for (const { message } of call.deliveries) ids.set(message.job, [...(ids.get(message.job) ?? []), call.newId()])
      return { failed: call.deliveries.filter(({ message, attempt }) => message.job === 'a' && attempt === 1) }
    })
    await bed.send('a', 'b')
    await bed.drivers.queues.send([{ queue: 'batched', id: 'c', body: '{"job":"c"}' }])
    await bed.advance('2 seconds')
    const made = [...ids.values()].flat()
    expect(made).toHaveLength(4)
    expect(new Set(made).size).toBe(4)
  })
})

describe('A lease', () => {
  const notes = table('notes', { item: z.object({ id: z.string() }), key: ['id'] })
  const slow = queue('slow', { message: Job, lease: '10 seconds', attempts: 2 })

  it('is extended while the call runs, so that nobody else is given the message', async () => {
    const gate = latch()
    let calls = 0
    const handle = () => {
      calls++
      return gate.opened
    }
    const work = consumer(slow, { handle })
    await using bed = await testbed(backgroundPlan({ work }))
    await bed.uses({ slow: slow.sender }).slow.send({ job: 'a' })
    await bed.advance('9999 milliseconds')
    expect(await bed.drivers.queues.counts('slow')).toMatchObject({ leased: 1, ready: 0 })
    expect((await bed.drivers.queues.counts('slow')).nextAtMs).toBe(bed.now.getTime() - 4_999 + 10_000)
    gate.open()
    await bed.settled()
    expect(calls).toBe(1)
  })

  it('that was lost stops the call and its writes: somebody else has the message', async () => {
    const gate = latch()
    const seen: unknown[] = []
    const work = consumer(slow, {
      uses: { notes: notes.writer },
      async handle({ attempt, signal }, { notes }) {
        if (attempt > 1) return notes.insert({ id: 'second' })
        signal.addEventListener('abort', () => seen.push(signal.reason.code))
        await gate.opened
        seen.push(await rejection(notes.insert({ id: 'first' })))
      },
    })
    await using bed = await testbed(backgroundPlan({ work }))
    await bed.uses({ slow: slow.sender }).slow.send({ job: 'a' })
    await bed.settled()
    // As an engine does whose lease ran out while this process was frozen.
    Object.assign(bed.drivers.queues, { extend: async () => [] })
    await bed.advance('5 seconds')
    expect(seen).toEqual(['claim-lost'])
    await bed.advance('10 seconds')
    gate.open()
    await bed.settled()
    expect(seen).toMatchObject(['claim-lost', { code: 'claim-lost' }])
    const { items } = await bed.uses({ notes: notes.scanner }).notes.scan()
    expect(items).toEqual([{ id: 'second' }])
  })

  it('is extended all the same when the engine failed once', async () => {
    const gate = latch()
    let calls = 0
    const handle = () => {
      calls++
      return gate.opened
    }
    const work = consumer(slow, { handle })
    await using bed = await testbed(backgroundPlan({ work }))
    const { extend } = bed.drivers.queues
    const failing = { extend: () => Promise.reject(fault('engine-unavailable', 'for a moment')) }
    await bed.uses({ slow: slow.sender }).slow.send({ job: 'a' })
    await bed.settled()
    Object.assign(bed.drivers.queues, failing)
    await bed.advance('5 seconds')
    Object.assign(bed.drivers.queues, { extend })
    await bed.advance('4 seconds')
    gate.open()
    await bed.settled()
    expect(calls).toBe(1)
    expect(JSON.stringify(bed.logs)).toContain('cannot extend a lease of \\"slow\\"')
  })
})
