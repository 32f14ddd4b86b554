/** A plan that several processes divide among them: each runs what is its own, and asks the others. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alarm, items } from '../plan/alarm.ts'
import { anyone, internal } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { mailbox } from '../plan/mailbox.ts'
import { plan } from '../plan/plan.ts'
import { queue } from '../plan/queue.ts'
import { reaction } from '../plan/reaction.ts'
import { schedule } from '../plan/schedule.ts'
import { service } from '../plan/service.ts'
import { table } from '../plan/table.ts'
import { view } from '../plan/view.ts'
import { refusalOf } from './refusals.ts'
import type { Runtime } from './runtime.ts'
import type { AskElsewhere } from './share.ts'
import { type Process, still, systemOf } from './test/processes.ts'
import { asking, routeOf } from './test/small.ts'

/** A shop of three services. `ran` has which process ran what. */
function shopOf(process: string, ran: string[]) {
  const entries = table('entries', { item: z.object({ id: z.string(), count: z.int() }), key: ['id'] })
  const byCount = view('by-count', {
    from: entries,
    item: z.object({ count: z.int(), id: z.string() }),
    key: ['count', 'id'],
    project: ({ id, count }) => ({ count, id }),
  })
  const jobs = queue('jobs', { message: z.object({ id: z.string() }) })
  const post = mailbox('post', { from: 'shop@example.org' })
  const many = alarm('many', { when: items(entries).above(0) })
  const note = (what: string): void => void ran.push(`${process}: ${what}`)

  const write = endpoint('POST /entries', {
    summary: 'Writes an entry, and has a job done',
    caller: internal,
    body: z.object({ id: z.string() }),
    returns: z.object({ by: z.string(), for: z.string() }),
    uses: { entries: entries.writer, jobs: jobs.sender, post: post.sender },
    async handle({ body: { id }, caller }, { entries, jobs, post }) {
      note('write')
      await entries.put({ id, count: 1 })
      await jobs.send({ id })
      await post.send({ to: 'clerk@example.org', subject: id, text: 'written' })
      return { by: process, for: caller.service }
    },
  })
  const books = service('books', { write, byCount })
  const work = consumer(jobs, { handle: ({ message: { id } }) => note(`work ${id}`) })
  const hourly = schedule({ every: '1 hour' }, { handle: () => note('hourly') })
  const react = reaction(many, { handle: () => note('reacts') })
  const works = service('works', { work, hourly, react })
  const order = endpoint('POST /orders', {
    summary: 'Orders',
    caller: anyone,
    body: z.object({ id: z.string() }),
    returns: z.object({ by: z.string(), for: z.string() }),
    uses: { books: books.client },
    async handle({ body: { id } }, { books }) {
      note('order')
      const written = await books.write({ body: { id } })
      return written.value
    },
  })
  return plan('shop', { gateways: { api: gateway(service('front', { order })) }, services: [works], alarms: [many] })
}

type Shares = Readonly<Record<string, { readonly services: readonly string[]; readonly carries: boolean }>>

/** A process for each share; each asks whoever has the service. */
async function divided(given: Shares) {
  const shares: Record<string, Shares[string]> = {}
  const ran: string[] = []
  const system = systemOf(shopOf('any', []), { outbox: true })
  const all = new Map<string, Process>()
  const runtimeOf = (wanted: string): Runtime | undefined => {
    const [name = ''] = Object.entries(shares).find(([, { services }]) => services.includes(wanted)) ?? []
    return all.get(name)?.runtime
  }
  const ask: AskElsewhere = async (request, from) =>
    (await runtimeOf(request.service)?.answer(request, () => from.signal)) ??
    refusalOf('service-unavailable', 'nobody is there')
  const join = async (name: string, share: Shares[string]): Promise<void> => {
    shares[name] = share
    all.set(name, await system.process(shopOf(name, ran), { share: { ...share, ask } }))
  }
  for (const [name, share] of Object.entries(given)) await join(name, share)
  const order = async (id: string) => {
    const front = runtimeOf('front')
    if (!front) throw new Error('there is no front')
    return front.door.call(routeOf(front, 'order'), asking({ path: '/orders', body: { id } }))
  }
  const stop = () => Promise.all([...all.values()].map(({ runtime }) => runtime.stop(0)))
  return { ...system, ran, all, join, order, stop }
}

const three: Shares = {
  door: { services: ['front'], carries: false },
  inner: { services: ['books', 'works'], carries: false },
  carrier: { services: [], carries: true },
}

describe('Processes that divide the services of a plan', () => {
  it('run their own handlers alone, and ask each other with the name of who asks', async () => {
    const { order, ran, stop } = await divided(three)
    const answer = await order('one')
    expect(answer).toMatchObject({ kind: 'json', status: 200 })
    expect(answer.kind === 'json' && JSON.parse(answer.json)).toEqual({ by: 'inner', for: 'front' })
    await still()
    expect(ran.toSorted()).toEqual(['door: order', 'inner: work one', 'inner: write'])
    await stop()
  })

  it('have their own gateways, schedules and views alone', async () => {
    const { all, clock, ran, drivers, order, stop } = await divided(three)
    const routes = (name: string) => all.get(name)?.runtime.door.routes.map(route => route.name)
    expect([routes('door'), routes('inner'), routes('carrier')]).toEqual([['order'], [], []])
    await order('one')
    await still()
    expect((await drivers.store.scan('by-count', { limit: 10 })).items).toMatchObject([{ id: 'one', count: 1 }])
    expect(all.get('inner')?.runtime.views).toHaveLength(1)
    expect(all.get('door')?.runtime.views).toHaveLength(0)
    await clock.advance(3_600_000)
    expect(ran.filter(each => each.endsWith('hourly'))).toEqual(['inner: hourly'])
    await stop()
  })

  it('leave what waits, mail and alarms to those that carry: nothing moves while none is there', async () => {
    const { order, clock, drivers, ran, all, stop } = await divided({
      door: { services: ['front'], carries: false },
      inner: { services: ['books', 'works'], carries: false },
    })
    await order('one')
    await clock.advance(300_000)
    expect(await drivers.store.outbox.peek(10)).not.toEqual([])
    expect(ran.filter(each => /work|reacts/.test(each))).toEqual([])
    await stop()
    expect(all.size).toBe(2)
  })

  it('have alarms looked at by who carries, and reacted to by whose reaction it is', async () => {
    const { order, clock, ran, stop } = await divided(three)
    await order('one')
    await clock.advance(180_000)
    expect(ran.filter(each => each.endsWith('reacts'))).toEqual(['inner: reacts'])
    await stop()
  })

  it('refuse what is asked without a token of the plan, for another endpoint, or too late', async () => {
    const { all, clock, stop } = await divided(three)
    const inner = all.get('inner')?.runtime
    const request = { service: 'books', endpoint: 'write', payload: '{"body":{"id":"x"}}', traceparent: '' }
    const ask = async (token: string) =>
      inner?.answer({ ...request, token, untilMs: clock.now() + 1_000 }, () => new AbortController().signal)
    for (const token of ['', 'x', 'a.b', `${Buffer.from('{}').toString('base64url')}.AAAA`]) {
      expect(await ask(token), token).toMatchObject({ kind: 'problem', problem: { code: 'not-authenticated' } })
    }
    await stop()
  })

  it('say of what runs elsewhere that it does not run here', async () => {
    const { all, clock, stop } = await divided(three)
    const request = { service: 'books', endpoint: 'write', payload: '{}', traceparent: '', token: '' }
    const answer = await all
      .get('door')
      ?.runtime.answer({ ...request, untilMs: clock.now() }, () => AbortSignal.abort())
    expect(answer).toMatchObject({ kind: 'problem', problem: { code: 'service-unavailable' } })
    await stop()
  })

  it('answer service-unavailable while a service is away, and well again when it is back', async () => {
    const { order, join, stop } = await divided({ ...three, inner: { services: ['works'], carries: false } })
    expect(await order('one')).toMatchObject({ kind: 'problem', problem: { code: 'service-unavailable' } })
    await join('books', { services: ['books'], carries: false })
    expect(await order('one')).toMatchObject({ kind: 'json', status: 200 })
    await stop()
  })
})
