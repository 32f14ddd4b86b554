/** Several processes of one plan on the same engines: they share the work, and what is to happen once happens once. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alarm, items } from '../plan/alarm.ts'
import { anyone } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { mailbox } from '../plan/mailbox.ts'
import { atomically } from '../plan/operation.ts'
import type { Plan } from '../plan/plan.ts'
import { queue } from '../plan/queue.ts'
import { schedule } from '../plan/schedule.ts'
import { subscriber } from '../plan/subscriber.ts'
import { table } from '../plan/table.ts'
import { topic } from '../plan/topic.ts'
import { view } from '../plan/view.ts'
import type { Runtime } from './runtime.ts'
import { type Process, type System, still, systemOf } from './test/processes.ts'
import { asking, backgroundPlan, latch, rejection, routeOf, smallPlan } from './test/small.ts'

const names = ['one', 'two', 'three']
const jobs = queue('jobs', { message: z.object({ job: z.int() }), lease: '10 seconds' })
const notes = table('notes', {
  item: z.object({ id: z.string(), count: z.int().default(0), by: z.string().default('') }),
  key: ['id'],
})

/** As many processes of one plan, each with handlers that know its name. */
async function processesOf(
  planFor: (name: string) => Plan,
  count = names.length,
): Promise<System & { all: Process[] }> {
  const system = systemOf(planFor('any'), { outbox: true })
  const all: Process[] = []
  for (const name of names.slice(0, count)) all.push(await system.process(planFor(name)))
  return { ...system, all }
}

async function allStopped(all: readonly Process[]): Promise<void> {
  await Promise.all(all.map(({ runtime }) => runtime.stop(0)))
}

const sent = (from: number, to: number) =>
  Array.from({ length: to - from }, (_each, at) => from + at).map(job => ({
    queue: 'jobs',
    id: `${job}`,
    body: JSON.stringify({ job }),
  }))

describe('Consumers of several processes', () => {
  it('share the messages: each is handled once, and nobody goes without', async () => {
    const handled: { job: number; by: string }[] = []
    const { drivers, clock, all } = await processesOf(by =>
      backgroundPlan({
        work: consumer(jobs, {
          concurrency: 2,
          async handle({ message: { job }, signal }) {
            await new Promise<void>(resolve => {
              clock.at(clock.now() + 100, resolve)
              signal.addEventListener('abort', () => resolve())
            })
            handled.push({ job, by })
          },
        }),
      }),
    )
    await drivers.queues.send(sent(0, 60))
    await clock.advance(999)
    // Two at a time each, for a tenth of a second.
    expect(handled).toHaveLength(54)
    await clock.advance(1_000)
    expect(handled.map(({ job }) => job).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_e, job) => job),
    )
    for (const name of names) expect(handled.filter(({ by }) => by === name)).toHaveLength(20)
    await allStopped(all)
  })

  it('take over what a killed one was handling, when its lease is over; what it does afterwards is lost', async () => {
    const seen: string[] = []
    const gate = latch()
    const { drivers, clock, all } = await processesOf(
      by =>
        backgroundPlan({
          work: consumer(jobs, {
            uses: { notes: notes.writer },
            async handle({ message: { job }, attempt }, { notes }) {
              seen.push(`${by} ${job} ${attempt}`)
              if (attempt === 1 && by === 'one') await gate.opened
              await notes.put({ id: `${job}`, count: 1, by })
            },
          }),
        }),
      2,
    )
    const [one] = all
    await drivers.queues.send(sent(0, 1))
    await still()
    expect(seen).toEqual(['one 0 1'])
    one?.kill()
    gate.open()
    // Extended at half its time, it would hold for ever.
    await clock.advance(9_999)
    expect(seen).toEqual(['one 0 1'])
    await clock.advance(1)
    expect(seen).toEqual(['one 0 1', 'two 0 2'])
    expect((await drivers.store.scan('notes', { limit: 10 })).items).toEqual([{ id: '0', count: 1, by: 'two' }])
    await allStopped(all.slice(1))
  })
})

describe('Schedules of several processes', () => {
  it('tick once, and go on when all but one were killed', async () => {
    const ticks: string[] = []
    const { clock, all } = await processesOf(by =>
      backgroundPlan({
        hourly: schedule(
          { every: '1 hour' },
          { handle: ({ tick }) => ticks.push(`${by} ${tick.toISOString().slice(11, 13)}`) },
        ),
      }),
    )
    await clock.advance(5 * 3_600_000)
    all[0]?.kill()
    await clock.advance(3_600_000)
    all[1]?.kill()
    await clock.advance(3_600_000)
    expect(ticks.map(tick => tick.slice(-2))).toEqual(['01', '02', '03', '04', '05', '06', '07'])
    expect(ticks.at(-1)).toBe('three 07')
    await allStopped(all.slice(2))
  })

  it('never have a tick written by two: who was frozen until its claim was over writes nothing more', async () => {
    const seen: unknown[] = []
    const gate = latch()
    const writing = (by: string) =>
      schedule(
        { every: '1 hour' },
        {
          uses: { notes: notes.writer },
          async handle({ tick }, { notes }) {
            seen.push(`${by} begun`)
            if (by === 'one') await gate.opened
            const id = tick.toISOString().slice(11, 13)
            await notes.put({ id, by }).then(
              () => seen.push(`${by} written`),
              error => seen.push(`${by} refused: ${error.code}`),
            )
          },
        },
      )
    const planFor = (by: string) => backgroundPlan({ writing: writing(by) })
    const system = systemOf(planFor('any'))
    // The first one is frozen: what it asks for its claim never arrives. All else does.
    const { extend } = system.drivers.schedules
    const one = await system.process(planFor('one'))
    Object.assign(system.drivers.schedules, { extend: () => new Promise(() => {}) })
    await system.clock.advance(3_600_000)
    const two = await system.process(planFor('two'))
    await system.clock.advance(60_000)
    Object.assign(system.drivers.schedules, { extend })
    expect(seen).toEqual(['one begun', 'two begun', 'two written'])
    gate.open()
    await still()
    expect(seen.at(-1)).toBe('one refused: claim-lost')
    expect((await system.drivers.store.scan('notes', { limit: 10 })).items).toMatchObject([{ id: '01', by: 'two' }])
    // Its failure is not written over what the other one finished.
    expect(await system.drivers.schedules.last('main/writing')).not.toHaveProperty('failure')
    await system.clock.advance(3_540_000)
    expect(seen.filter(each => each === 'one begun' || each === 'two begun')).toHaveLength(3)
    await allStopped([one, two])
  })
})

describe('Requests to several processes under one key', () => {
  const sell = (by: string, wait: () => Promise<void>) =>
    endpoint('POST /sell', {
      summary: 'Sell',
      caller: anyone,
      returns: z.object({ id: z.string(), count: z.int(), by: z.string() }),
      once: 'Idempotency-Key',
      uses: { notes: notes.writer },
      async handle(_call, { notes }) {
        await wait()
        const sold = { id: 'sold', count: 1, by }
        return atomically({ sold: notes.put(sold) }).answer(sold)
      },
    })
  const ask = (runtime: Runtime | undefined, key: string) => {
    if (!runtime) throw new Error('there is no process')
    return runtime.door.call(routeOf(runtime, 'sell'), asking({ headers: { 'idempotency-key': key } }))
  }

  it('are done once; the others are told to wait, and then answered the same by any process', async () => {
    const gate = latch()
    const { drivers, all } = await processesOf(by => smallPlan({ sell: sell(by, () => gate.opened) }))
    const [one, two, three] = all.map(({ runtime }) => runtime)
    const asked = ask(one, 'k')
    await still()
    for (const other of [two, three, one]) {
      expect(await ask(other, 'k')).toMatchObject({ status: 409, problem: { code: 'call-in-flight' } })
    }
    gate.open()
    const first = await asked
    expect(first).toMatchObject({ status: 200, json: '{"id":"sold","count":1,"by":"one"}' })
    for (const other of [two, three, one])
      expect(await ask(other, 'k')).toMatchObject({ status: 200, json: first.kind === 'json' ? first.json : '' })
    expect((await drivers.store.scan('notes', { limit: 10 })).items).toHaveLength(1)
    await allStopped(all)
  })

  it('are done by another process when the first was killed', async () => {
    const gate = latch()
    const waits = (by: string) => () => (by === 'one' ? gate.opened : Promise.resolve())
    const { drivers, clock, all } = await processesOf(by => smallPlan({ sell: sell(by, waits(by)) }))
    const [one, two] = all
    void ask(one?.runtime, 'k')
    await still()
    one?.kill()
    gate.open()
    expect(await ask(two?.runtime, 'k')).toMatchObject({ status: 409 })
    await clock.advance(60_000)
    expect(await ask(two?.runtime, 'k')).toMatchObject({ status: 200, json: '{"id":"sold","count":1,"by":"two"}' })
    expect((await drivers.store.scan('notes', { limit: 10 })).items).toMatchObject([{ by: 'two' }])
    await allStopped(all.slice(1))
  })
})

describe('Views, subscribers and alarms of several processes', () => {
  const people = table('people', { item: z.object({ id: z.string(), team: z.string() }), key: ['id'] })
  const teams = view('teams', {
    from: people,
    item: z.object({ team: z.string(), id: z.string() }),
    key: ['team', 'id'],
    project: ({ id, team }) => ({ team, id }),
  })
  const plan = () => backgroundPlan({ teams })
  const shown = async ({ drivers }: System) => {
    const { items } = await drivers.store.scan('teams', { limit: 1_000 })
    return items.map(({ team, id }) => `${team}/${id}`).toSorted()
  }
  const put = ({ drivers }: System, id: string, team: string) =>
    drivers.store.commit({ writes: [{ op: 'put', table: 'people', item: { id, team } }] })

  it('a view does not double, whoever follows which change, while items move back and forth', async () => {
    const system = await processesOf(plan)
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 20; n++) void put(system, `p${n}`, `t${(n * 7 + round) % 5}`)
      if (round % 3 === 0) await system.clock.advance(100)
    }
    await system.clock.advance(60_000)
    const expected = Array.from({ length: 20 }, (_each, n) => `t${(n * 7 + 9) % 5}/p${n}`).toSorted()
    expect(await shown(system)).toEqual(expected)
    await allStopped(system.all)
  })

  it('a view that is new is built by all at once, and is right', async () => {
    const system = systemOf(plan(), { outbox: true })
    for (let n = 0; n < 250; n++) await put(system, `p${n}`, `t${n % 5}`)
    await system.drivers.queues.purge('main.teams', 'waiting')
    const all = await Promise.all([system.process(), system.process(), system.process()])
    for (let n = 0; n < 250; n += 10) await put(system, `p${n}`, 'moved')
    await system.clock.advance(60_000)
    const expected = Array.from({ length: 250 }, (_each, n) => `${n % 10 === 0 ? 'moved' : `t${n % 5}`}/p${n}`)
    expect(await shown(system)).toEqual(expected.toSorted())
    await allStopped(all)
  })

  it('each subscriber hears each event once, not once a process', async () => {
    const news = topic('news', { event: z.object({ n: z.int() }) })
    const heard: string[] = []
    const { all, clock } = await processesOf(by =>
      backgroundPlan({
        left: subscriber(news, { handle: ({ event }) => heard.push(`left ${event.n} ${by}`) }),
        right: subscriber(news, { handle: ({ event }) => heard.push(`right ${event.n} ${by}`) }),
      }),
    )
    await all[0]?.runtime.as('test', { news: news.publisher }, async (_call, uses) => {
      const { news: publisher } = uses as { news: { publish(event: object): Promise<void> } }
      for (let n = 0; n < 20; n++) await publisher.publish({ n })
    })
    await clock.advance(1_000)
    expect(heard).toHaveLength(40)
    expect(new Set(heard.map(each => each.split(' ').slice(0, 2).join(' '))).size).toBe(40)
    await allStopped(all)
  })

  it('an incident is told once, and once when it is over', async () => {
    const duty = mailbox('duty', { from: 'system@example.org', to: 'duty@example.org' })
    const crowded = alarm('crowded', { when: items(notes).above(0), for: '3 minutes', tell: duty })
    const keep = consumer(jobs, { uses: { notes: notes.writer }, handle: () => {} })
    const { drivers, clock, all } = await processesOf(() => backgroundPlan({ keep }, { alarms: [crowded] }))
    const told = async () => (await drivers.mail.sent?.(10))?.map(({ subject }) => subject)
    await drivers.store.commit({ writes: [{ op: 'put', table: 'notes', item: { id: 'a' } }] })
    await clock.advance(2 * 60_000)
    all[0]?.kill()
    await clock.advance(30 * 60_000)
    expect(await told()).toEqual(['[small] Alarm: crowded'])
    await drivers.store.commit({ writes: [{ op: 'remove', table: 'notes', key: { id: 'a' } }] })
    await clock.advance(30 * 60_000)
    expect(await told()).toEqual(['[small] Over: crowded', '[small] Alarm: crowded'])
    await allStopped(all.slice(1))
  })
})

it('A killed process says nothing more: what it was asked never answers, what it does reaches no engine', async () => {
  const gate = latch()
  const late = endpoint('POST /late', {
    summary: 'Late',
    caller: anyone,
    returns: z.object({ id: z.string(), count: z.int(), by: z.string() }),
    uses: { notes: notes.writer },
    handle: async (_call, { notes }) => {
      await gate.opened
      return notes.insert({ id: 'late' })
    },
  })
  const { drivers, process } = systemOf(smallPlan({ late }))
  const { runtime, kill } = await process()
  let answered = false
  void runtime.door.call(routeOf(runtime, 'late'), asking({})).finally(() => {
    answered = true
  })
  await still()
  kill()
  gate.open()
  await still()
  expect([answered, (await drivers.store.scan('notes', { limit: 10 })).items]).toEqual([false, []])
  expect(await Promise.race([rejection(runtime.ticker.runNow('main', 'none')), still()])).toMatchObject({
    code: 'no-such-route',
  })
})
