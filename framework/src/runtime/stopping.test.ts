/** Stopping: what runs may finish, the rest is handed back, and nothing begins any more. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { consumer } from '../plan/consumer.ts'
import { endpoint, stream } from '../plan/endpoint.ts'
import { queue } from '../plan/queue.ts'
import { schedule } from '../plan/schedule.ts'
import { table } from '../plan/table.ts'
import { still, systemOf } from './test/processes.ts'
import { asking, backgroundPlan, type Latch, latch, routeOf, smallPlan } from './test/small.ts'

/** Whether it has ended when nothing moves any more. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await still()
  return done
}

const jobs = queue('jobs', { message: z.object({ job: z.string() }), attempts: 3 })
const notes = table('notes', { item: z.object({ id: z.string() }), key: ['id'] })

describe('A process that stops', () => {
  function consuming() {
    const gates = new Map<string, Latch>()
    const seen: string[] = []
    const work = consumer(jobs, {
      concurrency: 2,
      uses: { notes: notes.writer },
      async handle({ message: { job }, attempt, signal }, { notes }) {
        seen.push(`${job} ${attempt}`)
        if (attempt > 1) return
        const gate = latch()
        gates.set(job, gate)
        signal.addEventListener('abort', () => seen.push(`${job} ${signal.reason.code}`))
        await gate.opened
        await notes.insert({ id: job }).then(
          () => seen.push(`${job} written`),
          error => seen.push(`${job} refused: ${error.code}`),
        )
      },
    })
    return { ...systemOf(backgroundPlan({ work })), gates, seen }
  }

  const sent = (job: string) => ({ queue: 'jobs', id: job, body: JSON.stringify({ job }) })

  it('takes no more messages, and waits for those that are handled', async () => {
    const { drivers, clock, start, gates, seen } = consuming()
    const runtime = await start()
    await drivers.queues.send([sent('a'), sent('b'), sent('c')])
    await clock.advance(0)
    const stopped = runtime.stop(60_000)
    expect(await isDone(stopped)).toBe(false)
    for (const gate of gates.values()) gate.open()
    expect(await isDone(stopped)).toBe(true)
    expect(seen).toEqual(['a 1', 'b 1', 'a written', 'b written'])
    expect(await drivers.queues.counts('jobs')).toMatchObject({ ready: 1, leased: 0, delayed: 0 })
  })

  it('hands back after the grace what has not ended: the next process is given it at once', async () => {
    const { drivers, clock, start, gates, seen } = consuming()
    const runtime = await start()
    await drivers.queues.send([sent('a')])
    await clock.advance(0)
    const stopped = runtime.stop(5_000)
    await clock.advance(4_999)
    expect(await isDone(stopped)).toBe(false)
    await clock.advance(1)
    expect(await isDone(stopped)).toBe(true)
    expect(await drivers.queues.counts('jobs')).toMatchObject({ ready: 1, leased: 0, delayed: 0 })
    const next = await start()
    await clock.advance(0)
    // The handler goes on all the same: what it writes now is refused.
    gates.get('a')?.open()
    await clock.advance(0)
    expect(seen).toEqual(['a 1', 'a stopping', 'a 2', 'a refused: stopping'])
    await next.stop(0)
  })

  it('leaves no timer behind', async () => {
    const { clock, drivers, start } = consuming()
    const runtime = await start()
    await drivers.queues.send([sent('a')])
    await clock.advance(0)
    const stopped = runtime.stop(1_000)
    await clock.advance(1_000)
    await stopped
    expect(clock.nextAt()).toBeUndefined()
  })

  it('lets requests finish, and answers those after the grace that it is stopping', async () => {
    const gate = latch()
    const wait = endpoint('POST /wait', {
      summary: 'Wait',
      caller: anyone,
      body: z.object({ for: z.enum(['gate', 'ever']) }),
      returns: z.string(),
      handle: async ({ body }) =>
        body.for === 'gate' ? gate.opened.then(() => 'done') : new Promise<string>(() => {}),
    })
    const { clock, start } = systemOf(smallPlan({ wait }))
    const runtime = await start()
    const ask = (what: string) => runtime.door.call(routeOf(runtime, 'wait'), asking({ body: { for: what } }))
    const [finishing, hanging] = [ask('gate'), ask('ever')]
    const stopped = runtime.stop(2_000)
    gate.open()
    expect(await finishing).toMatchObject({ json: '"done"' })
    await clock.advance(2_000)
    expect(await hanging).toMatchObject({ status: 503, problem: { code: 'stopping' } })
    await stopped
    expect(await ask('gate')).toMatchObject({ status: 503, problem: { code: 'stopping' } })
    expect(clock.nextAt()).toBeUndefined()
  })

  it('ends its streams at once: their readers connect to the next process', async () => {
    const live = endpoint('GET /live', {
      summary: 'Live',
      caller: anyone,
      returns: stream(z.int()),
      async *handle({ signal }) {
        yield 1
        await new Promise(resolve => signal.addEventListener('abort', resolve))
      },
    })
    const { start } = systemOf(smallPlan({ live }))
    const runtime = await start()
    const answer = await runtime.door.call(routeOf(runtime, 'live'), asking({}))
    const heard: string[] = []
    const reading = (async () => {
      if (answer.kind === 'events') for await (const event of answer.events) heard.push(event)
    })()
    expect(await isDone(reading)).toBe(false)
    await runtime.stop(60_000)
    await reading
    expect(heard).toEqual(['1'])
  })

  it('lets a tick finish; cut off after the grace, the tick is run by the next process when the claim is over', async () => {
    const seen: string[] = []
    const gate = { current: latch() }
    const hourly = schedule(
      { every: '1 hour' },
      {
        uses: { notes: notes.writer },
        async handle({ tick }, { notes }) {
          seen.push(`begun ${tick.toISOString().slice(11, 16)}`)
          await gate.current.opened
          await notes.insert({ id: `${seen.length}` }).then(undefined, error => seen.push(error.code))
        },
      },
    )
    const { clock, drivers, start } = systemOf(backgroundPlan({ hourly }))
    const runtime = await start()
    await clock.advance(3_600_000)
    const stopped = runtime.stop(10_000)
    expect(await isDone(stopped)).toBe(false)
    await clock.advance(10_000)
    await stopped
    const abandoned = gate.current
    gate.current = latch()
    gate.current.open()
    const next = await start()
    await clock.advance(49_999)
    expect(seen).toEqual(['begun 01:00'])
    await clock.advance(1)
    expect(seen).toEqual(['begun 01:00', 'begun 01:00'])
    abandoned.open()
    await clock.advance(0)
    expect(seen.at(-1)).toBe('stopping')
    expect(await drivers.schedules.last('main/hourly')).toMatchObject({ state: 'done' })
    await next.stop(0)
  })

  it('has nothing running that would keep a stop from ending at once', async () => {
    const { clock, start } = consuming()
    const runtime = await start()
    expect(await isDone(runtime.stop(60_000))).toBe(true)
    expect(clock.nextAt()).toBeUndefined()
  })

  it('can be stopped while an engine fails', async () => {
    const { drivers, clock, start } = consuming()
    Object.assign(drivers.queues, { receive: () => Promise.reject(new Error('no engine')) })
    const runtime = await start()
    await clock.advance(1_000)
    expect(await isDone(runtime.stop(60_000))).toBe(true)
  })
})
