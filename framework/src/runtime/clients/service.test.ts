import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone, authorizer, internal } from '../../plan/authorizer.ts'
import { consumer } from '../../plan/consumer.ts'
import { endpoint, nothing, stream } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import type { Clients } from '../../plan/grant.ts'
import { plan } from '../../plan/plan.ts'
import { problem } from '../../plan/problem.ts'
import { queue } from '../../plan/queue.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'
import { killedEverywhere, testbed } from '../../targets/testbed.ts'
import { asking, latch, rejection, routeOf } from '../test/small.ts'

const Note = z.object({ id: z.string(), text: z.string() })
const notes = table('notes', { item: Note, key: ['id'] })
const Shown = z.object({ id: z.string(), loud: z.boolean(), tags: z.array(z.string()), desk: z.string() })

const seen: unknown[] = []
const gate = { current: latch() }
const inside = { summary: 'A test', caller: internal }

const show = endpoint('GET /notes/:id', {
  ...inside,
  query: z.object({ loud: z.boolean().default(false), tags: z.array(z.string()).default([]) }),
  headers: z.object({ 'X-Desk': z.string().default('none') }),
  returns: Shown,
  handle: ({ params, query, headers }) => ({ ...params, ...query, desk: headers['X-Desk'], hidden: true }),
})

const add = endpoint('POST /notes', {
  ...inside,
  body: z.object({ text: z.string() }),
  returns: { 201: Note },
  fails: { full: 409 },
  once: 'Idempotency-Key',
  uses: { notes: notes.writer },
  handle({ body, newId }, { notes }) {
    seen.push(body.text)
    return body.text === 'full' ? problem('full', 'There is no more room') : notes.put({ id: newId(), text: body.text })
  },
})

const fail = endpoint('GET /fail', {
  ...inside,
  returns: z.string(),
  handle(): string {
    seen.push('failed')
    throw new Error('deep inside')
  },
})

const large = endpoint('GET /large/:characters', {
  ...inside,
  params: z.object({ characters: z.coerce.number() }),
  returns: z.string(),
  handle: ({ params }) => 'ü'.repeat(params.characters),
})

const wait = endpoint('POST /wait', {
  ...inside,
  returns: nothing,
  uses: { notes: notes.writer },
  async handle({ signal }, { notes }) {
    signal.addEventListener('abort', () => seen.push('aborted'))
    await gate.current.opened
    seen.push(await rejection(notes.insert({ id: 'late', text: '' })))
  },
})

const count = endpoint('GET /count', {
  ...inside,
  returns: stream(z.object({ n: z.int() })),
  async *handle() {
    for (let n = 1; n <= 3; n++) yield { n }
  },
})

const back = service('back', { show, add, fail, large, wait, count })
const uses = { back: back.client }
type Back = Clients<typeof uses>['back']
type Does = (back: Back) => Promise<unknown>

const person = authorizer('person', {
  caller: z.object({ name: z.string() }),
  authorize: async () => ({ name: 'Ännchen von Tharau' }),
})
const jobs = queue('jobs', { message: z.object({ text: z.string() }), attempts: 2 })

/** A bed whose endpoints do this with the client of the other service. */
async function doing(does: Does, timeout: '1 second' | '29 seconds' = '29 seconds') {
  seen.length = 0
  gate.current = latch()
  const usual = {
    summary: 'A test',
    returns: z.unknown(),
    uses,
    timeout,
    handle: (_call: unknown, { back }: { back: Back }) => does(back),
  }
  const act = endpoint('POST /act', { ...usual, caller: anyone })
  const actOnce = endpoint('POST /once', { ...usual, caller: person, once: 'Idempotency-Key' })
  const work = consumer(jobs, { uses, handle: (_call, { back }) => does(back) })
  return testbed(plan('both', { gateways: { front: gateway(service('front', { act, actOnce, work })) } }))
}

type ServiceBed = Awaited<ReturnType<typeof doing>>
const act = async (does: Does) => {
  const bed = await doing(does)
  await using closing = bed
  return {
    reply: await closing.gateways.front.act().catch((error: unknown) => error),
    logs: JSON.stringify(closing.logs),
  }
}
const keptIn = async (bed: ServiceBed) => (await bed.uses({ notes: notes.scanner }).notes.scan()).items

describe('The client of a service', () => {
  it('asks and answers typed: defaults filled in, what the schema does not name left behind', async () => {
    const { reply } = await act(async back => [
      await back.show({ params: { id: 'a/b c' } }),
      await back.show({ params: { id: 'b' }, query: { loud: true, tags: ['x'] }, headers: { 'X-Desk': 'd1' } }),
    ])
    expect(reply).toEqual({
      ok: true,
      value: [
        { ok: true, value: { id: 'a/b c', loud: false, tags: [], desk: 'none' } },
        { ok: true, value: { id: 'b', loud: true, tags: ['x'], desk: 'd1' } },
      ],
    })
  })

  it('gives a declared problem as a reply', async () => {
    const { reply, logs } = await act(back => back.add({ body: { text: 'full' } }))
    expect(reply).toMatchObject({
      value: { ok: false, problem: { kind: 'problem', code: 'full', detail: 'There is no more room' } },
    })
    expect(logs).toBe('[]')
  })

  it('throws what is no declared problem; both sides log it under one trace, and nothing of it is told', async () => {
    const bed = await doing(back => back.fail())
    await using closing = bed
    const refused = await rejection(closing.gateways.front.act())
    expect(refused).toMatchObject({ problem: { status: 503, code: 'service-unavailable' } })
    expect(JSON.stringify(refused)).not.toContain('deep')
    expect(closing.logs.map(({ handler }) => handler)).toEqual(['back/fail', 'front/act'])
    expect(new Set(closing.logs.map(({ trace }) => trace)).size).toBe(1)
    // A failure is no absence: it is not tried again.
    expect(seen).toEqual(['failed'])
  })

  it('says to its author where a request does not fit', async () => {
    const { reply, logs } = await act(back => back.add({ body: { text: 7 as never } }))
    expect(reply).toMatchObject({ problem: { status: 500, code: 'request-undeliverable' } })
    expect(logs).toContain('back.add answered request-invalid')
    expect(logs).toContain('/body/text')
  })

  it('reads the events of a stream', async () => {
    const { reply } = await act(async back => {
      const heard: unknown[] = []
      const { value } = await back.count()
      for await (const event of value) heard.push(event)
      return heard
    })
    expect(reply).toMatchObject({ value: [{ n: 1 }, { n: 2 }, { n: 3 }] })
  })

  it('carries 6 MB each way, counted in bytes, and no more', async () => {
    const most = 6 * 1_024 * 1_024
    const asking = 'x'.repeat(most - '{"body":{"text":""}}'.length)
    const { reply } = await act(async back => {
      await back.add({ body: { text: asking } }).catch(() => {})
      const answered = (await back.large({ params: { characters: (most - 2) / 2 } })) as { value: string }
      return [
        seen.length,
        answered.value.length,
        (await rejection(back.add({ body: { text: `${asking}x` } }))) as Error,
        (await rejection(back.add({ body: { text: 'ü'.repeat(most / 2) } }))) as Error,
        (await rejection(back.large({ params: { characters: most / 2 } }))) as Error,
      ].map(each => (each instanceof Error ? each.message : each))
    })
    expect(reply).toMatchObject({
      value: [
        1,
        (most - 2) / 2,
        'message-too-large: back.add: 6145 KB, the limit is 6144 KB',
        'message-too-large: back.add: 6145 KB, the limit is 6144 KB',
        'message-too-large: the answer: 6145 KB, the limit is 6144 KB',
      ],
    })
  })

  it('tells the first caller to come again where the other side says so', async () => {
    const same = { body: { text: 'one' }, once: 'k' }
    await using bed = await doing(back => Promise.all([back.add(same), back.add(same)]))
    expect(await bed.runtime.door.call(routeOf(bed.runtime, 'act'), asking({}))).toMatchObject({
      status: 409,
      problem: { code: 'call-in-flight' },
      headers: { 'retry-after': '2' },
    })
  })
})

describe('The deadline is handed on', () => {
  it('a callee ends with its caller, not later', async () => {
    await using bed = await doing(back => back.wait(), '1 second')
    const refused = rejection(bed.gateways.front.act())
    await bed.advance('1 second')
    expect(await refused).toMatchObject({ problem: { status: 504, code: 'timed-out' } })
    expect(seen).toEqual(['aborted'])
    gate.current.open()
    await bed.settled()
    expect(seen).toMatchObject(['aborted', { code: 'timed-out' }])
    expect(await keptIn(bed)).toEqual([])
  })

  it('a callee asked late has only what is left of the time', async () => {
    await using bed = await doing(async back => {
      await new Promise(resolve => setTimeout(resolve, 900))
      return back.wait()
    }, '1 second')
    const refused = rejection(bed.gateways.front.act())
    await bed.advance('999 milliseconds')
    expect(seen).toEqual([])
    await bed.advance('1 millisecond')
    expect(seen).toEqual(['aborted'])
    await refused
    gate.current.open()
    await bed.settled()
  })
})

describe('A retried caller has its callee do the work once', () => {
  const twice: Does = async back => [
    await back.add({ body: { text: 'one' } }),
    await back.add({ body: { text: 'two' } }),
  ]

  it('under keys made of its own, whatever is in it', async () => {
    await using bed = await doing(async back => {
      const replies = await twice(back)
      if (seen.length === 2) throw new Error('after the work')
      return replies
    })
    expect(await rejection(bed.gateways.front.actOnce({ once: 'k' }))).toMatchObject({ code: 'handler-failed' })
    seen.push('retried')
    const again = await bed.gateways.front.actOnce({ once: 'k' })
    expect(seen).toEqual(['one', 'two', 'retried'])
    expect(await keptIn(bed)).toHaveLength(2)
    expect(again).toMatchObject({ value: [{ ok: true }, { ok: true }] })
  })

  it('without a key of its own each call is another', async () => {
    await using bed = await doing(twice)
    await bed.gateways.front.act()
    await bed.gateways.front.act()
    expect(await keptIn(bed)).toHaveLength(4)
  })

  it('for a message delivered again, whatever its id', async () => {
    let attempts = 0
    await using bed = await doing(async back => {
      attempts++
      await twice(back)
      if (attempts === 1) throw new Error('after the work')
    })
    await bed.uses({ jobs: jobs.sender }).jobs.send({ text: 'x' }, { id: 'ein Auftrag für Ännchen' })
    await bed.advance('10 seconds')
    await bed.settled()
    expect([attempts, seen]).toEqual([2, ['one', 'two']])
    expect(await keptIn(bed)).toHaveLength(2)
  })

  it('under a key that the caller names itself', async () => {
    await using bed = await doing(async back => [
      await back.add({ body: { text: 'one' }, once: 'k' }),
      await back.add({ body: { text: 'one' }, once: 'k' }),
    ])
    const { value } = await bed.gateways.front.act()
    const [first, second] = value as readonly unknown[]
    expect(second).toEqual(first)
    expect(await keptIn(bed)).toHaveLength(1)
  })

  it('killed at every point of it all', async () => {
    const points = await killedEverywhere({
      boot: () => doing(twice),
      act: bed => bed.gateways.front.actOnce({ once: 'k' }),
      async check(bed, { first, again, point }) {
        if (first) expect(again, `point ${point}`).toEqual(first)
        expect(await keptIn(bed), `point ${point}`).toHaveLength(2)
      },
    })
    expect(points).toBeGreaterThan(10)
  })
})

describe('A service that keys of two callers reach', () => {
  it('does not take one caller’s key for the other’s', async () => {
    const other = service('other', {
      act: endpoint('POST /other', {
        summary: 'Act',
        caller: anyone,
        returns: z.unknown(),
        uses,
        handle: (_call, { back }) => back.add({ body: { text: 'from the other' }, once: 'k' }),
      }),
    })
    const one = service('one', {
      act: endpoint('POST /one', {
        summary: 'Act',
        caller: anyone,
        returns: z.unknown(),
        uses,
        handle: (_call, { back }) => back.add({ body: { text: 'from the one' }, once: 'k' }),
      }),
    })
    await using bed = await testbed(plan('both', { gateways: { one: gateway(one), other: gateway(other) } }))
    expect((await bed.gateways.one.act()).value).toMatchObject({ ok: true, value: { text: 'from the one' } })
    expect((await bed.gateways.other.act()).value).toMatchObject({ ok: true, value: { text: 'from the other' } })
  })
})
