import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { answer, endpoint, file, nothing } from '../plan/endpoint.ts'
import { problem } from '../plan/problem.ts'
import { table } from '../plan/table.ts'
import { testbed } from '../targets/testbed.ts'
import { asking, rejection, routeOf, smallPlan } from './test/small.ts'

const usual = { summary: 'A test', caller: anyone }

const Parcel = z.object({
  weight: z.number().max(30),
  to: z.object({ street: z.string(), lines: z.array(z.object({ text: z.string() })) }),
})

const send = endpoint('POST /depots/:depot/parcels', {
  ...usual,
  params: z.object({ depot: z.coerce.number().int() }),
  query: z.object({ express: z.stringbool().default(false), tags: z.array(z.string()).optional() }),
  headers: z.object({ 'X-Desk': z.string().min(2) }),
  body: Parcel,
  returns: z.unknown(),
  handle: ({ params, query, headers, body }) => ({ params, query, headers, body }),
})

const fitting = { weight: 2, to: { street: 'High Street', lines: [{ text: 'ring twice' }] } }
const headers = { 'X-Desk': 'd1' }
const plan = smallPlan({ send })

/** As a door hands it over: texts, whatever the types say. */
async function asked(more: Parameters<typeof asking>[0]) {
  const bed = await testbed(plan)
  await using closing = bed
  const { runtime } = closing
  return runtime.door.call(routeOf(runtime, 'send'), asking({ headers: { 'x-desk': 'd1' }, ...more }))
}

describe('A request', () => {
  it('is handed to the handler as its schemas read it', async () => {
    const answered = await asked({ params: { depot: '7' }, query: { express: 'yes', tags: ['a', 'b'] }, body: fitting })
    expect(answered).toMatchObject({ kind: 'json', status: 200 })
    expect(JSON.parse(answered.kind === 'json' ? answered.json : '')).toEqual({
      params: { depot: 7 },
      query: { express: true, tags: ['a', 'b'] },
      headers,
      body: fitting,
    })
  })

  it('is refused with everything that does not fit, each by its pointer', async () => {
    const answered = await asked({
      params: { depot: 'north' },
      query: { express: 'perhaps' },
      headers: { 'x-desk': 'd' },
      body: { weight: 31, to: { street: 1, lines: [{ text: 'fits' }, { text: 2 }] } },
    })
    expect(answered).toMatchObject({ kind: 'problem', status: 400, problem: { code: 'request-invalid' } })
    const issues = answered.kind === 'problem' ? answered.problem.issues : []
    expect(issues?.map(({ path }) => path)).toEqual([
      '/params/depot',
      '/query/express',
      '/headers/X-Desk',
      '/body/weight',
      '/body/to/street',
      '/body/to/lines/1/text',
    ])
    expect(issues?.every(({ message }) => message.length > 0)).toBe(true)
  })

  it('is refused for a body field that no schema names, however deep it stands', async () => {
    for (const [body, path] of [
      [{ ...fitting, admin: true }, '/body'],
      [{ ...fitting, to: { ...fitting.to, admin: true } }, '/body/to'],
      [{ ...fitting, to: { ...fitting.to, lines: [{ text: 'x', admin: true }] } }, '/body/to/lines/0'],
    ] as const) {
      const answered = await asked({ params: { depot: '7' }, body })
      expect(answered).toMatchObject({ status: 400, problem: { code: 'request-invalid', issues: [{ path }] } })
      expect(JSON.stringify(answered)).toContain('admin')
    }
  })

  it('is refused without the body it needs', async () => {
    expect(await asked({ params: { depot: '7' } })).toMatchObject({
      status: 400,
      problem: { issues: [{ path: '/body' }] },
    })
  })

  it('takes one value of a query as a list where the schema has a list, and ignores names it does not know', async () => {
    const answered = await asked({ params: { depot: '7' }, query: { tags: 'only', utm: 'x' }, body: fitting })
    expect(JSON.parse(answered.kind === 'json' ? answered.json : '')).toMatchObject({
      query: { express: false, tags: ['only'] },
    })
  })

  it('says nothing of a trace when the mistake is the caller’s, and logs nothing', async () => {
    await using bed = await testbed(plan)
    const call = bed.gateways.api.send({ params: { depot: 'x' as never }, headers, body: fitting })
    expect(await rejection(call)).toMatchObject({ problem: { code: 'request-invalid', status: 400 } })
    expect(await rejection(call)).not.toHaveProperty('problem.trace')
    expect(bed.logs).toEqual([])
  })

  it('may not bring a body to an endpoint that takes none', async () => {
    await using bed = await testbed(
      smallPlan({ ping: endpoint('POST /ping', { ...usual, returns: nothing, handle: () => {} }) }),
    )
    const { door } = bed.runtime
    const route = routeOf(bed.runtime, 'ping')
    expect(await door.call(route, asking({ body: { a: 1 } }))).toMatchObject({
      problem: { issues: [{ path: '/body' }] },
    })
    for (const body of [undefined, null, {}])
      expect(await door.call(route, asking({ body }))).toMatchObject({ status: 204 })
  })
})

const Account = z.object({ id: z.string(), name: z.string().default('nobody') })

describe('An answer', () => {
  it('holds what its schema names and nothing else, at every depth', async () => {
    const returns = z.object({ account: Account, list: z.array(Account) })
    const hash = { id: 'a', passwordHash: 'x' }
    const show = endpoint('GET /show', {
      ...usual,
      returns,
      handle: _call => ({ account: hash, list: [hash], more: 1 }),
    })
    await using bed = await testbed(smallPlan({ show }))
    const account = { id: 'a', name: 'nobody' }
    expect(await bed.gateways.api.show()).toEqual({ ok: true, value: { account, list: [account] } })
  })

  it('that does not fit is our fault: 500 with the trace alone, and the detail in the log', async () => {
    const show = endpoint('GET /show', { ...usual, returns: Account, handle: _call => ({ id: 7 }) as never })
    await using bed = await testbed(smallPlan({ show }))
    const refused = await rejection(bed.gateways.api.show())
    expect(refused).toMatchObject({
      problem: { status: 500, code: 'answer-invalid', trace: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
    expect(refused).not.toHaveProperty('problem.detail')
    expect(refused).not.toHaveProperty('problem.issues')
    const [line, ...more] = bed.logs
    expect(more).toEqual([])
    expect(line).toMatchObject({ level: 'error', handler: 'main/show', message: 'main/show failed' })
    expect(JSON.stringify(line?.fields)).toContain('/id Invalid input')
    expect(line?.trace).toBe((refused as { problem: { trace: string } }).problem.trace)
  })

  it('has the status the handler chose among several, with its headers', async () => {
    const returns = { 200: Account, 202: z.object({ jobId: z.string() }) }
    const start = endpoint('POST /start', {
      ...usual,
      body: z.object({ later: z.boolean() }),
      returns,
      handle: ({ body }) => (body.later ? answer(202, { jobId: 'j1' }, { 'retry-after': '5' }) : { id: 'a' }),
    })
    await using bed = await testbed(smallPlan({ start }))
    const route = routeOf(bed.runtime, 'start')
    const ask = (later: boolean) => bed.runtime.door.call(route, asking({ body: { later } }))
    expect(await ask(true)).toEqual({
      kind: 'json',
      status: 202,
      json: '{"jobId":"j1"}',
      headers: { 'retry-after': '5' },
    })
    expect(await ask(false)).toEqual({ kind: 'json', status: 200, json: '{"id":"a","name":"nobody"}', headers: {} })
  })

  it('of an undeclared status is our fault', async () => {
    const start = endpoint('GET /start', {
      ...usual,
      returns: { 201: Account },
      handle: _call => answer(202, { id: 'a' }) as never,
    })
    await using bed = await testbed(smallPlan({ start }))
    expect(await rejection(bed.gateways.api.start())).toMatchObject({
      problem: { status: 500, code: 'answer-invalid' },
    })
    expect(JSON.stringify(bed.logs)).toContain('undeclared status 202')
  })

  it('can be nothing, whatever the handler gives', async () => {
    const touch = endpoint('POST /touch', { ...usual, returns: nothing, handle: () => 'ignored' as never })
    await using bed = await testbed(smallPlan({ touch }))
    expect(await bed.runtime.door.call(routeOf(bed.runtime, 'touch'), asking({}))).toEqual({
      kind: 'nothing',
      status: 204,
      headers: {},
    })
    expect(await bed.gateways.api.touch()).toEqual({ ok: true, value: undefined })
  })

  it('can be a file of a declared type, and of no other', async () => {
    const drawn = { type: 'image/svg+xml', content: '<svg/>', name: 'a.svg' } as const
    const draw = endpoint('GET /draw', { ...usual, returns: file('image/svg+xml', 'text/csv'), handle: () => drawn })
    const html = { type: 'text/html', content: '<script/>' }
    const wrong = endpoint('GET /wrong', { ...usual, returns: file('text/csv'), handle: () => html as never })
    await using bed = await testbed(smallPlan({ draw, wrong }))
    expect(await bed.gateways.api.draw()).toEqual({ ok: true, value: drawn })
    expect(await rejection(bed.gateways.api.wrong())).toMatchObject({ code: 'answer-invalid' })
  })

  it('can be a problem that the endpoint names, with its status and words', async () => {
    const show = endpoint('GET /show', {
      ...usual,
      returns: Account,
      fails: { 'not-found': 404 },
      handle: _call => problem('not-found', 'There is no such account'),
    })
    await using bed = await testbed(smallPlan({ show }))
    expect(await bed.gateways.api.show()).toEqual({
      ok: false,
      problem: { kind: 'problem', code: 'not-found', detail: 'There is no such account' },
    })
    const answered = await bed.runtime.door.call(routeOf(bed.runtime, 'show'), asking({}))
    expect(answered).toMatchObject({ status: 404, declared: true, problem: { title: 'Not found', status: 404 } })
    expect(bed.logs).toEqual([])
  })

  it('that is a problem nobody declared is our fault, and is not told', async () => {
    const show = endpoint('GET /show', {
      ...usual,
      returns: Account,
      handle: _call => problem('internal-detail') as never,
    })
    await using bed = await testbed(smallPlan({ show }))
    const refused = await rejection(bed.gateways.api.show())
    expect(refused).toMatchObject({ problem: { status: 500, code: 'undeclared-problem' } })
    expect(JSON.stringify(refused)).not.toContain('internal-detail')
    expect(JSON.stringify(bed.logs)).toContain('internal-detail')
  })
})

describe('A handler', () => {
  const notes = table('notes', { item: z.object({ id: z.string(), text: z.string().default('') }), key: ['id'] })

  it('that throws is answered with the trace alone: no message, no stack', async () => {
    const fail = endpoint('GET /fail', {
      ...usual,
      returns: nothing,
      handle: () => {
        throw new TypeError('cannot read the plans of the vault', { cause: new Error('deeper') })
      },
    })
    await using bed = await testbed(smallPlan({ fail }))
    const { problem: told } = (await rejection(bed.gateways.api.fail())) as { problem: object }
    expect(Object.keys(told).sort()).toEqual(['code', 'status', 'title', 'trace', 'type'])
    expect(told).toMatchObject({ status: 500, code: 'handler-failed' })
    const log = JSON.stringify(bed.logs)
    for (const words of ['cannot read the plans', 'TypeError', 'calls.test.ts', 'deeper']) expect(log).toContain(words)
  })

  it('that throws something that is no error is answered the same', async () => {
    for (const thrown of ['a text', undefined, null, { code: 'conflict', status: 200 }]) {
      const fail = endpoint('GET /fail', { ...usual, returns: nothing, handle: () => Promise.reject(thrown) })
      await using bed = await testbed(smallPlan({ fail }))
      expect(await rejection(bed.gateways.api.fail())).toMatchObject({
        problem: { status: 500, code: 'handler-failed' },
      })
    }
  })

  it('that meets a refused condition and says nothing of it answers 409', async () => {
    const add = endpoint('POST /notes', {
      ...usual,
      returns: nothing,
      uses: { notes: notes.writer },
      handle: async (_call, { notes }) => void (await notes.insert({ id: 'a' })),
    })
    await using bed = await testbed(smallPlan({ add }))
    await bed.gateways.api.add()
    const refused = await rejection(bed.gateways.api.add())
    expect(refused).toMatchObject({ problem: { status: 409, code: 'conflict' } })
    expect(refused).toMatchObject({ problem: { detail: 'notes.insert was refused: there is already such an item' } })
  })

  it('that never ends is cut off: 504, its signal aborted, its later writes refused', async () => {
    const seen: unknown[] = []
    const hang = endpoint('POST /hang', {
      ...usual,
      returns: nothing,
      timeout: '2 seconds',
      uses: { notes: notes.writer },
      async handle({ signal }, { notes }) {
        signal.addEventListener('abort', () => seen.push(signal.reason))
        await notes.insert({ id: 'in time' })
        await new Promise(resolve => setTimeout(resolve, 3_000))
        seen.push(await rejection(notes.insert({ id: 'late' })))
      },
    })
    await using bed = await testbed(smallPlan({ hang }))
    const refused = rejection(bed.gateways.api.hang())
    await bed.advance('2 seconds')
    expect(await refused).toMatchObject({
      problem: { status: 504, code: 'timed-out', trace: expect.stringMatching(/./) },
    })
    await bed.advance('2 seconds')
    expect(seen).toMatchObject([{ code: 'timed-out' }, { code: 'timed-out' }])
    expect((await bed.uses({ notes: notes.scanner }).notes.scan()).items).toMatchObject([{ id: 'in time' }])
  })

  it('cannot write when it has answered', async () => {
    const seen: unknown[] = []
    const leave = endpoint('POST /leave', {
      ...usual,
      returns: nothing,
      uses: { notes: notes.writer },
      handle(_call, { notes }) {
        setTimeout(async () => seen.push(await rejection(notes.insert({ id: 'late' }))), 10)
      },
    })
    await using bed = await testbed(smallPlan({ leave }))
    await bed.gateways.api.leave()
    await bed.advance('1 second')
    expect(seen).toMatchObject([
      { code: 'timed-out', message: expect.stringMatching(/notes.insert was run when its call had ended/) },
    ])
  })

  it('is told when its caller has gone', async () => {
    const gone = new AbortController()
    let heard = false
    const wait = endpoint('GET /wait', {
      ...usual,
      returns: nothing,
      handle: ({ signal }) =>
        new Promise<void>(resolve => {
          signal.addEventListener('abort', () => {
            heard = true
            resolve()
          })
        }),
    })
    await using bed = await testbed(smallPlan({ wait }))
    const answered = bed.runtime.door.call(routeOf(bed.runtime, 'wait'), asking({ signal: gone.signal }))
    gone.abort()
    await answered
    expect(heard).toBe(true)
  })
})
