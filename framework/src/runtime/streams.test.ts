/** Streams: the events of an endpoint, from when it is opened until its reader is gone. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import type { Call } from '../plan/call.ts'
import { endpoint, stream } from '../plan/endpoint.ts'
import { problem } from '../plan/problem.ts'
import { table } from '../plan/table.ts'
import type { Answer } from './door.ts'
import type { Process, System } from './test/processes.ts'
import { still, systemOf } from './test/processes.ts'
import { asking, latch, rejection, routeOf, smallPlan } from './test/small.ts'

const Tick = z.object({ n: z.int() })
type Events = AsyncIterable<string>

interface Opened extends System, Process {
  open(client?: AbortController): Promise<Answer>
}

/** A process with one endpoint, whose events the test makes. */
async function streaming(handle: (call: Call) => unknown): Promise<Opened> {
  const live = endpoint('GET /live', {
    summary: 'Live',
    caller: anyone,
    returns: stream(Tick),
    fails: { closed: 409 },
    handle: call => handle(call) as AsyncIterable<{ n: number }>,
  })
  const system = systemOf(smallPlan({ live }))
  const process = await system.process()
  const open = (client = new AbortController()): Promise<Answer> =>
    process.runtime.door.call(routeOf(process.runtime, 'live'), asking({ method: 'GET', signal: client.signal }))
  return { ...system, ...process, open }
}

function eventsOf(answer: Answer): Events {
  if (answer.kind !== 'events') throw new Error(`no events: ${JSON.stringify(answer)}`)
  return answer.events
}

async function all(events: Events): Promise<readonly string[]> {
  const came: string[] = []
  for await (const event of events) came.push(event)
  return came
}

const never = (signal: AbortSignal) => new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))

describe('A stream', () => {
  it('gives its events in order, each as its schema has it, and ends with its handler', async () => {
    const { open, runtime } = await streaming(async function* () {
      for (let n = 1; n <= 3; n++) yield { n, secret: 'unnamed' }
    })
    expect(await all(eventsOf(await open()))).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
    await still()
    expect(runtime.activity.names()).toEqual([])
  })

  it('goes at the pace of its reader: nothing is made before it is asked for', async () => {
    let made = 0
    const { open } = await streaming(async function* () {
      for (;;) yield { n: ++made }
    })
    const events = eventsOf(await open())[Symbol.asyncIterator]()
    for (let n = 1; n <= 5; n++) {
      await events.next()
      await still()
      expect(made).toBe(n)
    }
    await events.return?.()
  })

  it('ends its handler when the client goes, while it waits for an event too', async () => {
    const ended: string[] = []
    const { open, runtime, clock } = await streaming(async function* ({ signal }) {
      try {
        yield { n: 1 }
        await never(signal)
        ended.push('signal')
      } finally {
        ended.push('finally')
      }
    })
    const client = new AbortController()
    const reading = all(eventsOf(await open(client)))
    await still()
    expect(runtime.activity.names()).toEqual(['main/live'])
    client.abort()
    expect(await reading).toEqual(['{"n":1}'])
    await still()
    expect(ended).toEqual(['signal', 'finally'])
    expect(runtime.activity.names()).toEqual([])
    await runtime.stop(0)
    expect(clock.nextAt()).toBeUndefined()
  })

  it('ends its handler when its reader stops reading', async () => {
    const ended: string[] = []
    const { open, runtime } = await streaming(async function* () {
      try {
        for (let n = 1; ; n++) yield { n }
      } finally {
        ended.push('finally')
      }
    })
    for await (const event of eventsOf(await open())) if (event === '{"n":3}') break
    await still()
    expect(ended).toEqual(['finally'])
    expect(runtime.activity.names()).toEqual([])
  })

  it('lasts an hour, whatever the time of a call, and not longer; a client connects again', async () => {
    const { open, runtime, clock } = await streaming(async function* ({ signal }) {
      yield { n: 1 }
      await never(signal)
    })
    let over = false
    const reading = all(eventsOf(await open())).finally(() => {
      over = true
    })
    await clock.advance(3_599_999)
    expect(over).toBe(false)
    await clock.advance(1)
    expect(await reading).toEqual(['{"n":1}'])
    expect(runtime.activity.names()).toEqual([])
    const again = eventsOf(await open())[Symbol.asyncIterator]()
    expect((await again.next()).value).toBe('{"n":1}')
    await again.return?.()
  })

  it('that nobody reads is over after the hour too, or with the process', async () => {
    const { open, runtime, clock } = await streaming(async function* () {
      yield { n: 1 }
    })
    await open()
    await open()
    expect(runtime.activity.names()).toEqual(['main/live', 'main/live'])
    await clock.advance(3_600_000)
    expect(runtime.activity.names()).toEqual([])
    await open()
    await runtime.stop(60_000)
    expect(runtime.activity.names()).toEqual([])
    expect(clock.nextAt()).toBeUndefined()
  })

  it('that fails on the way breaks off, and is logged with its trace', async () => {
    const { open, runtime, logs } = await streaming(async function* () {
      yield { n: 1 }
      throw new Error('no luck')
    })
    const came: string[] = []
    const reading = (async () => {
      for await (const event of eventsOf(await open())) came.push(event)
    })()
    expect(await rejection(reading)).toMatchObject({ message: 'no luck' })
    await still()
    expect(came).toEqual(['{"n":1}'])
    expect(logs).toMatchObject([
      { level: 'error', message: 'main/live failed', fields: { error: { message: 'no luck' } } },
    ])
    expect(logs[0]?.trace).toMatch(/^[0-9a-f]{32}$/)
    expect(runtime.activity.names()).toEqual([])
  })

  it('does not give away an event that is not as its schema has it', async () => {
    const { open, logs } = await streaming(async function* () {
      yield { n: 1 }
      yield { n: 'secret' }
    })
    expect(await rejection(all(eventsOf(await open())))).toMatchObject({ code: 'answer-invalid' })
    await still()
    expect(logs).toMatchObject([{ message: 'main/live failed' }])
  })

  it('can be refused with a problem instead, and must be something that can be read', async () => {
    const refused = await streaming(async () => problem('closed'))
    expect(await refused.open()).toMatchObject({ status: 409, problem: { code: 'closed' } })
    const wrong = await streaming(() => ({ n: 1 }))
    expect(await wrong.open()).toMatchObject({ status: 500 })
    expect([refused, wrong].flatMap(({ runtime }) => runtime.activity.names())).toEqual([])
  })

  it('that takes too long to open is cut off as any call', async () => {
    const { open, clock } = await streaming(() => new Promise(() => {}))
    const opening = open()
    await clock.advance(60_000)
    expect(await opening).toMatchObject({ status: 504 })
  })

  it('can be open many times at once, each on its own, without a warning', async () => {
    const warnings: string[] = []
    const hear = (warning: Error): void => void warnings.push(warning.message)
    process.on('warning', hear)
    const gate = latch()
    const { open, runtime } = await streaming(async function* ({ signal }) {
      yield { n: 1 }
      await Promise.race([gate.opened, never(signal)])
      yield { n: 2 }
    })
    const readings = await Promise.all(
      Array.from({ length: 100 }, async () => all(eventsOf(await open()))).map(each => ({ each })),
    )
    await still()
    expect(runtime.activity.names()).toHaveLength(100)
    gate.open()
    for (const { each } of readings) expect(await each).toEqual(['{"n":1}', '{"n":2}'])
    await still()
    process.off('warning', hear)
    expect(warnings).toEqual([])
    expect(runtime.activity.names()).toEqual([])
  })
})

describe('A stream of a table', () => {
  it('shows the state as it is when it is opened, then what changes; opened again it has missed nothing', async () => {
    const stock = table('stock', { item: z.object({ product: z.string(), n: z.int() }), key: ['product'] })
    const live = endpoint('GET /live', {
      summary: 'Live',
      caller: anyone,
      returns: stream(Tick),
      uses: { stock: stock.watcher },
      async *handle(_call, { stock }) {
        for await (const state of stock.watch({ product: 'tea' })) yield { n: state?.n ?? -1 }
      },
    })
    const { drivers, process } = systemOf(smallPlan({ live }))
    const { runtime } = await process()
    const sell = (n: number) =>
      drivers.store.commit({ writes: [{ op: 'put', table: 'stock', item: { product: 'tea', n } }] })
    const open = async (client: AbortController) =>
      eventsOf(await runtime.door.call(routeOf(runtime, 'live'), asking({ method: 'GET', signal: client.signal })))
    await sell(3)
    const first = new AbortController()
    const before = all(await open(first))
    await still()
    await sell(2)
    await still()
    first.abort()
    expect(await before).toEqual(['{"n":3}', '{"n":2}'])
    await sell(1)
    await sell(0)
    const second = new AbortController()
    const after = all(await open(second))
    await still()
    second.abort()
    expect(await after).toEqual(['{"n":0}'])
    await still()
    expect(runtime.activity.names()).toEqual([])
  })
})
