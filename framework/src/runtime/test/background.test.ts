/**
 * What runs without anybody waiting: queues, schedules, views, retries, and several beds side by side.
 */

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../../plan/authorizer.ts'
import { consumer } from '../../plan/consumer.ts'
import { endpoint, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { mailbox } from '../../plan/mailbox.ts'
import { plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { schedule } from '../../plan/schedule.ts'
import { service } from '../../plan/service.ts'
import { subscriber } from '../../plan/subscriber.ts'
import { table } from '../../plan/table.ts'
import { topic } from '../../plan/topic.ts'
import { view } from '../../plan/view.ts'
import { testbed } from '../../targets/testbed.ts'

const Job = z.object({ n: z.int(), key: z.string().default('k'), fail: z.int().default(0) })

/** A fresh system each time, with what its handlers saw. */
function workshop(options: { readonly ordered?: boolean; readonly attempts?: number } = {}) {
  const seen: { readonly n: number; readonly attempt: number; readonly at: number; readonly id: string }[] = []
  const jobs = queue('jobs', {
    message: Job,
    attempts: options.attempts ?? 3,
    lease: '10 seconds',
    backoff: { first: '2 seconds', most: '8 seconds' },
    ...(options.ordered ? { orderBy: (job: { key: string }) => job.key } : {}),
  })
  const work = consumer(jobs, {
    concurrency: 4,
    async handle({ message, attempt, at, newId }) {
      seen.push({ n: message.n, attempt, at: at.getTime(), id: newId() })
      if (attempt <= message.fail) throw new Error(`job ${message.n} failed`)
    },
  })
  return { seen, jobs, system: plan('workshop', { services: [service('works', { work })] }) }
}

describe('a consumer', () => {
  it('tries again after a back-off with jitter, with the same ids, and buries with the reason after the last attempt', async () => {
    const { seen, jobs, system } = workshop()
    await using bed = await testbed(system)
    const { jobs: sender } = bed.uses({ jobs: jobs.sender })
    await sender.send({ n: 1, fail: 2 })
    await sender.send({ n: 2, fail: 99 })
    await bed.advance('1 minute')
    await bed.settled({ deadLetters: 'expected' })
    expect(seen.filter(({ n }) => n === 1).map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(new Set(seen.filter(({ n }) => n === 1).map(({ id }) => id)).size).toBe(1)
    const [first, second] = seen.filter(({ n }) => n === 1)
    const waitedMs = (second?.at ?? 0) - (first?.at ?? 0)
    expect(waitedMs).toBeGreaterThanOrEqual(1_000)
    expect(waitedMs).toBeLessThanOrEqual(2_000)
    expect(await bed.deadLetters()).toMatchObject([{ queue: 'jobs', attempt: 3, reason: 'job 2 failed' }])
    await expect(bed.settled()).rejects.toThrow('job 2 failed')
  })

  it('keeps the order of a key while it fails, and goes on after a dead letter', async () => {
    const { seen, jobs, system } = workshop({ ordered: true, attempts: 2 })
    await using bed = await testbed(system)
    const { jobs: sender } = bed.uses({ jobs: jobs.sender })
    for (const n of [1, 2, 3]) await sender.send({ n, fail: n === 1 ? 99 : 0 })
    await sender.send({ n: 10, key: 'other' })
    await bed.advance('1 minute')
    await bed.settled({ deadLetters: 'expected' })
    expect(seen.filter(({ n }) => n < 10).map(({ n }) => n)).toEqual([1, 1, 2, 3])
  })

  it('buries a message that killed its process each time', async () => {
    const deadly = queue('deadly', { message: z.object({}), attempts: 2, lease: '1 minute' })
    let handled = 0
    const never = consumer(deadly, {
      handle: () => {
        handled++
        return new Promise(() => {})
      },
    })
    await using bed = await testbed(plan('graves', { services: [service('s', { never })] }))
    await bed.uses({ deadly: deadly.sender }).deadly.send({})
    for (let death = 0; death < 2; death++) {
      await bed.advance('1 second')
      await bed.restart()
      await bed.advance('1 minute')
    }
    expect(handled).toBe(2)
    expect(await bed.deadLetters()).toMatchObject([{ reason: expect.stringContaining('never settled') }])
  })

  // #region later
  it('waits for `at`, 90 days if it must', async () => {
    const { seen, jobs, system } = workshop()
    await using bed = await testbed(system)
    await bed.uses({ jobs: jobs.sender }).jobs.send({ n: 7 }, { at: new Date(bed.now.getTime() + 90 * 86_400_000) })
    await bed.advance('89 days')
    expect(seen).toEqual([])
    expect(await bed.settled()).toMatchObject([{ what: 'queue jobs' }])
    await bed.advance('1 day')
    expect(seen).toMatchObject([{ n: 7 }])
  })
  // #endregion later
})

describe('time', () => {
  it('a year of hourly and daily schedules, and of 10,000 expiring items, passes in a moment', async () => {
    const ticks: number[] = []
    const sessions = table('sessions', {
      item: z.object({ id: z.string(), until: z.iso.datetime() }),
      key: ['id'],
      expires: 'until',
    })
    const hourly = schedule(
      { cron: '0 * * * *', zone: 'Europe/Berlin' },
      { handle: ({ tick }) => void ticks.push(tick.getTime()) },
    )
    const daily = schedule(
      { cron: '30 3 * * *', zone: 'Europe/Berlin' },
      { uses: { s: sessions.reader }, handle: () => {} },
    )
    await using bed = await testbed(plan('year', { services: [service('clock', { hourly, daily })] }))
    const { sessions: kept } = bed.uses({ sessions: sessions.writer })
    for (let n = 0; n < 10_000; n++) {
      await kept.put({ id: `s${n}`, until: new Date(bed.now.getTime() + (n + 1) * 3_000_000).toISOString() })
    }
    await bed.advance('365 days')
    expect(ticks).toHaveLength(8_760)
    expect(await bed.drivers.store.scan('sessions', { limit: 10 })).toEqual({ items: [] })
  })

  it('after a stop the latest missed tick runs once; a new schedule does not run the past', async () => {
    const ticks: string[] = []
    const daily = schedule(
      { cron: '0 3 * * *', zone: 'UTC' },
      { handle: ({ tick }) => void ticks.push(tick.toISOString()) },
    )
    await using bed = await testbed(plan('missed', { services: [service('clock', { daily })] }))
    await bed.settled()
    expect(ticks).toEqual([])
    await bed.advance('1 day')
    expect(ticks).toEqual(['2026-01-01T03:00:00.000Z'])
    bed.dieAt(0)
    await bed.advance('10 days')
    await bed.restart()
    await bed.settled()
    expect(ticks.slice(1)).toEqual(['2026-01-11T03:00:00.000Z'])
  })

  it('belongs to a bed: several stand side by side, and outside of them nothing changes', async () => {
    const read = endpoint('GET /now', {
      summary: 'Now',
      caller: anyone,
      returns: z.object({ now: z.string(), at: z.string() }),
      handle: ({ at }) => ({ now: new Date().toISOString(), at: at.toISOString() }),
    })
    const system = plan('clockwork', { gateways: { api: gateway(service('s', { read })) } })
    const RealDate = globalThis.Date
    const realTimeout = globalThis.setTimeout
    {
      await using early = await testbed(system, { at: new Date('2001-01-01T00:00:00Z') })
      await using late = await testbed(system, { at: new Date('2050-01-01T00:00:00Z') })
      const [a, b] = await Promise.all([early.gateways.api.read(), late.gateways.api.read()])
      expect([a.value, b.value].map(({ now, at }) => now === at && now.slice(0, 4))).toEqual(['2001', '2050'])
      expect(new Date().getFullYear()).toBeGreaterThan(2024)
      expect(new Date().getFullYear()).toBeLessThan(2050)
    }
    expect(globalThis.Date).toBe(RealDate)
    expect(globalThis.setTimeout).toBe(realTimeout)
  })
})

describe('a view', () => {
  it('follows its source, moves with it, and is built for a source that was there before', async () => {
    const Product = z.object({ id: z.string(), shelf: z.string(), tags: z.array(z.string()).default([]) })
    const products = table('products', { item: Product, key: ['id'] })
    const byTag = view('by-tag', {
      from: products,
      item: z.object({ tag: z.string(), id: z.string(), shelf: z.string() }),
      key: ['tag', 'id'],
      project: ({ id, shelf, tags }) => tags.map(tag => ({ tag, id, shelf })),
    })
    await using bed = await testbed(plan('shelves', { services: [service('keeps', { byTag })] }))
    const { products: kept, byTag: seen } = bed.uses({ products: products.writer, byTag: byTag.scanner })
    await kept.put({ id: 'a', shelf: '1', tags: ['x', 'y'] })
    await bed.settled()
    expect((await seen.scan()).items.map(({ tag }) => tag).sort()).toEqual(['x', 'y'])
    await kept.put({ id: 'a', shelf: '1', tags: ['y', 'z'] })
    await bed.settled()
    expect((await seen.scan()).items.map(({ tag }) => tag).sort()).toEqual(['y', 'z'])
    await kept.remove({ id: 'a' })
    await bed.settled()
    expect((await seen.scan()).items).toEqual([])
  })
})

describe('a topic', () => {
  it('reaches every subscriber on its own; one that fails holds up nobody else', async () => {
    const heard: string[] = []
    const news = topic('news', { event: z.object({ text: z.string() }) })
    const post = mailbox('post', { from: 'a@example.org', to: 'b@example.org' })
    const good = subscriber(news, { handle: ({ event }) => void heard.push(event.text) })
    const bad = subscriber(news, {
      attempts: 1,
      handle: () => {
        throw new Error('not today')
      },
    })
    const mails = subscriber(news, {
      uses: { post: post.sender },
      handle: ({ event }, { post }) => post.send({ subject: event.text, text: '' }),
    })
    const tell = endpoint('POST /tell', {
      summary: 'Tell',
      caller: anyone,
      returns: nothing,
      uses: { news: news.publisher },
      async handle(_call, { news }) {
        await news.publish({ text: 'hello' })
      },
    })
    await using bed = await testbed(
      plan('paper', { gateways: { api: gateway(service('s', { tell, good, bad, mails })) } }),
    )
    await bed.gateways.api.tell()
    await bed.settled({ deadLetters: 'expected' })
    expect(heard).toEqual(['hello'])
    expect(await bed.deadLetters()).toMatchObject([{ queue: 's.bad', reason: 'not today' }])
    expect(await bed.mails()).toMatchObject([{ subject: 'hello', to: ['b@example.org'] }])
  })
})
