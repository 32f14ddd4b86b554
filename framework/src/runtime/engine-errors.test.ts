/** Engines that fail for a while: nothing stops for good, and nothing is lost. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fault } from '../contract/problems.ts'
import type { Queues } from '../contract/queue.ts'
import { anyone } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { queue } from '../plan/queue.ts'
import { schedule } from '../plan/schedule.ts'
import { table } from '../plan/table.ts'
import { testbed } from '../targets/testbed.ts'
import { backgroundPlan, rejection, smallPlan } from './test/small.ts'

const Job = z.object({ job: z.string() })
const jobs = queue('jobs', { message: Job })
const others = queue('others', { message: Job })
const unavailable = (): Promise<never> => Promise.reject(fault('engine-unavailable', 'the engine is away'))

/** Makes methods of an engine fail; gives what mends them. */
function broken<T extends object>(engine: T, ...methods: readonly (keyof T & string)[]): () => void {
  const working = Object.fromEntries(methods.map(name => [name, engine[name]]))
  Object.assign(engine, Object.fromEntries(methods.map(name => [name, unavailable])))
  return () => void Object.assign(engine, working)
}

async function consuming() {
  const handled: string[] = []
  const work = consumer(jobs, { handle: ({ message }) => handled.push(message.job) })
  const other = consumer(others, { handle: ({ message }) => handled.push(message.job) })
  const bed = await testbed(backgroundPlan({ work, other }))
  return Object.assign(bed, { handled, clients: bed.uses({ jobs: jobs.sender, others: others.sender }) })
}

describe('While an engine fails', () => {
  it('a consumer asks again and again, ever more slowly, and goes on when it is back', async () => {
    await using bed = await consuming()
    const mend = broken(bed.drivers.queues, 'receive')
    // Two messages end the receives that wait.
    await bed.clients.jobs.send({ job: 'first' })
    await bed.settled()
    await bed.advance('10 minutes')
    const tries = bed.logs.filter(({ message }) => message.includes('cannot receive from "jobs"')).length
    expect(tries).toBeGreaterThan(8)
    expect(tries).toBeLessThan(40)
    mend()
    await bed.clients.jobs.send({ job: 'second' })
    await bed.advance('30 seconds')
    expect(bed.handled).toEqual(['first', 'second'])
  })

  it('what was handled and could not be settled comes again', async () => {
    await using bed = await consuming()
    const mend = broken(bed.drivers.queues, 'done')
    await bed.clients.jobs.send({ job: 'a' })
    await bed.settled()
    mend()
    await bed.advance('30 seconds')
    expect(bed.handled).toEqual(['a', 'a'])
    expect(bed.logs.map(({ message }) => message)).toEqual([
      'cannot settle a message of "jobs": engine-unavailable: the engine is away',
    ])
    await bed.settled()
  })

  it('the outbox keeps messages until they can be sent on', async () => {
    await using bed = await consuming()
    const mend = broken(bed.drivers.queues, 'send')
    await bed.clients.jobs.send({ job: 'a' })
    await bed.advance('1 minute')
    expect(bed.handled).toEqual([])
    expect(bed.logs.at(-1)?.message).toContain('cannot send on from the outbox: Fault: engine-unavailable')
    mend()
    await bed.advance('5 seconds')
    expect(bed.handled).toEqual(['a'])
  })

  it('what could not be forgotten by the outbox is sent twice, and known by its id', async () => {
    await using bed = await consuming()
    const mend = broken(bed.drivers.store.outbox, 'forget')
    await bed.clients.jobs.send({ job: 'a' })
    await bed.advance('1 minute')
    mend()
    await bed.advance('1 minute')
    expect(bed.handled).toEqual(['a'])
    expect(await bed.drivers.store.outbox.peek(10)).toEqual([])
  })

  it('a queue that takes nothing holds up none of the others, however much waits for it', async () => {
    await using bed = await consuming()
    const send = bed.drivers.queues.send.bind(bed.drivers.queues)
    const failing: Pick<Queues, 'send'> = {
      send: messages => (messages.some(({ queue }) => queue === 'jobs') ? unavailable() : send(messages)),
    }
    Object.assign(bed.drivers.queues, failing)
    for (let job = 0; job < 150; job++) await bed.clients.jobs.send({ job: `stuck ${job}` })
    await bed.clients.others.send({ job: 'passes' })
    await bed.advance('10 seconds')
    expect(bed.handled).toEqual(['passes'])
    Object.assign(bed.drivers.queues, { send })
    await bed.advance('10 seconds')
    expect(bed.handled).toHaveLength(151)
  })

  it('a request is answered 503 with the trace alone, and the next one goes well', async () => {
    const notes = table('notes', { item: Job, key: ['job'] })
    const add = endpoint('POST /add', {
      summary: 'Add',
      caller: anyone,
      returns: Job,
      uses: { notes: notes.writer },
      handle: (_call, { notes }) => notes.put({ job: 'a' }),
    })
    await using bed = await testbed(smallPlan({ add }))
    const mend = broken(bed.drivers.store, 'commit')
    const refused = await rejection(bed.gateways.api.add())
    expect(refused).toMatchObject({ problem: { status: 503, code: 'engine-unavailable', trace: expect.any(String) } })
    expect(refused).not.toHaveProperty('problem.detail')
    mend()
    expect(await bed.gateways.api.add()).toMatchObject({ ok: true })
  })

  it('a tick that could not be claimed is claimed when the engine is back', async () => {
    const ticks: string[] = []
    const daily = schedule({ cron: '0 3 * * *', zone: 'UTC' }, { handle: ({ tick }) => ticks.push(tick.toISOString()) })
    await using bed = await testbed(backgroundPlan({ daily }), { at: new Date('2026-01-01T02:59:00Z') })
    await bed.settled()
    const mend = broken(bed.drivers.store, 'commit')
    await bed.advance('10 minutes')
    expect(ticks).toEqual([])
    mend()
    await bed.advance('30 seconds')
    expect(ticks).toEqual(['2026-01-01T03:00:00.000Z'])
    await bed.advance('1 hour')
    expect(ticks).toHaveLength(1)
  })

  it('a tick that was run and could not be finished is finished later, and not run again', async () => {
    const ticks: string[] = []
    const daily = schedule({ cron: '0 3 * * *', zone: 'UTC' }, { handle: ({ tick }) => ticks.push(tick.toISOString()) })
    await using bed = await testbed(backgroundPlan({ daily }), { at: new Date('2026-01-01T02:59:00Z') })
    await bed.settled()
    const { finish } = bed.drivers.schedules
    Object.assign(bed.drivers.schedules, { finish: unavailable })
    await bed.advance('5 minutes')
    Object.assign(bed.drivers.schedules, { finish })
    await bed.advance('10 minutes')
    expect(ticks).toEqual(['2026-01-01T03:00:00.000Z'])
    expect(await bed.drivers.schedules.last('main/daily')).toMatchObject({ state: 'done' })
  })

  it('a schedule whose beginning could not be noted is noted later', async () => {
    const daily = schedule({ cron: '0 3 * * *', zone: 'UTC' }, { handle: () => {} })
    const plan = backgroundPlan({ daily })
    await using bed = await testbed(plan)
    await bed.drivers.store.commit({
      writes: [{ op: 'remove', table: 'groundplan-schedules', key: { schedule: 'main/daily' } }],
    })
    const mend = broken(bed.drivers.schedules, 'last')
    await bed.restart()
    await bed.advance('10 seconds')
    mend()
    await bed.advance('1 minute')
    expect(await bed.drivers.schedules.last('main/daily')).toMatchObject({ state: 'done' })
  })
})
