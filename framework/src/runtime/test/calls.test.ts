/**
 * What a call of an endpoint promises, through the testbed.
 */

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone, authorizer, internal } from '../../plan/authorizer.ts'
import { answer, endpoint, file, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { atomically } from '../../plan/operation.ts'
import { plan } from '../../plan/plan.ts'
import { problem } from '../../plan/problem.ts'
import { schedule } from '../../plan/schedule.ts'
import { secret } from '../../plan/secret.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'
import { CallRefused, testbed } from '../../targets/testbed.ts'

const Note = z.object({ id: z.string(), text: z.string(), secretly: z.string().optional() })
const notes = table('notes', { item: Note, key: ['id'] })
const apiSecret = secret('api-token')
const User = z.object({ user: z.string() })
const user = authorizer('user', {
  caller: User,
  authorize: async request => {
    const name = request.header('authorization')
    if (name === 'banned') return problem('not-allowed', 'this user is banned')
    return name === undefined ? undefined : { user: name }
  },
})

const handlers = {
  write: endpoint('POST /notes', {
    summary: 'Write',
    caller: anyone,
    body: Note.extend({ tags: z.array(z.object({ name: z.string() })).default([]) }),
    query: z.object({ full: z.stringbool().default(false), label: z.array(z.string()).default([]) }),
    returns: { 201: z.object({ id: z.string(), labels: z.array(z.string()) }), 202: z.object({ later: z.boolean() }) },
    fails: { taken: 409 },
    uses: { notes: notes.writer },
    async handle({ body, query }, { notes }) {
      if (query.full) return answer(202, { later: true })
      const kept = await notes.insert({ id: body.id, text: body.text }).or(problem('taken'))
      return 'kind' in kept ? kept : answer(201, { id: kept.id, labels: query.label })
    },
  }),
  leak: endpoint('GET /leak/:id', {
    summary: 'More than the schema names',
    caller: anyone,
    returns: Note.pick({ id: true }),
    handle: ({ params }) => ({ ...params, text: 'not for you', secretly: 'never' }),
  }),
  wrong: endpoint('GET /wrong', {
    summary: 'Not what was promised',
    caller: anyone,
    returns: Note,
    handle: () => JSON.parse('{"id":5}') as z.input<typeof Note>,
  }),
  who: endpoint('GET /who', { summary: 'Who', caller: user, returns: User, handle: ({ caller }) => caller }),
  forgets: endpoint('GET /forgets', {
    summary: 'Makes an operation and forgets it',
    caller: anyone,
    returns: nothing,
    uses: { notes: notes.writer },
    async handle(_call, { notes }) {
      notes.put({ id: 'lost', text: 'lost' })
    },
  }),
  twice: endpoint('GET /twice', {
    summary: 'Hands an operation to two commits',
    caller: anyone,
    returns: nothing,
    uses: { notes: notes.writer },
    async handle(_call, { notes }) {
      const operation = notes.put({ id: 'a', text: 'a' })
      await operation
      await atomically({ operation })
    },
  }),
  conflicts: endpoint('GET /conflicts', {
    summary: 'A refused write that nobody looks after',
    caller: anyone,
    returns: nothing,
    uses: { notes: notes.writer },
    async handle(_call, { notes }) {
      await notes.patch({ id: 'nobody' }, { text: 'x' })
    },
  }),
  throwing: endpoint('GET /throwing', {
    summary: 'Fails, with a secret in its mouth',
    caller: anyone,
    returns: nothing,
    uses: { token: apiSecret.reader },
    async handle({ log }, { token }) {
      const value = await token.get()
      log.info(`using ${value}`, { header: `Bearer ${value.reveal()}` })
      throw new Error(`refused: ${value.reveal()}`, { cause: new Error(`nested ${value.reveal()}`) })
    },
  }),
  endless: endpoint('GET /endless', {
    summary: 'Never ends by itself',
    caller: anyone,
    returns: nothing,
    timeout: '2 seconds',
    uses: { notes: notes.writer },
    async handle({ signal }, { notes }) {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      await notes.put({ id: 'late', text: 'written after the end' })
    },
  }),
  picture: endpoint('GET /picture', {
    summary: 'A file',
    caller: anyone,
    returns: file('image/svg+xml'),
    handle: () => ({ type: 'image/svg+xml' as const, content: '<svg/>' }),
  }),
  inside: endpoint('GET /inside', {
    summary: 'For services alone',
    caller: internal,
    returns: z.object({ from: z.string() }),
    handle: ({ caller }) => ({ from: caller.service }),
  }),
}

const api = service('api', handlers)
const seen: string[] = []
const helper = service('helper', {
  asks: schedule(
    { every: '1 hour' },
    {
      uses: { api: api.client },
      async handle(_call, { api }) {
        seen.push((await api.inside()).value.from)
      },
    },
  ),
})
const system = plan('calls', { gateways: { api: gateway(api) }, services: [helper] })
const secretValue = 'tok-3f9a8b7c6d5e'
const boot = () => testbed(system, { throttle: false, secrets: { 'api-token': secretValue } })

async function refusal(work: Promise<unknown>): Promise<CallRefused> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CallRefused)
  return error as CallRefused
}

describe('a call', () => {
  it('is validated whole: every issue with its place, unknown fields at every depth', async () => {
    await using bed = await boot()
    const body = { id: 1, tags: [{ name: 'a', extra: 1 }], other: true }
    const { code, problem } = await refusal(bed.gateways.api.write({ body: body as never }))
    expect(code).toBe('request-invalid')
    expect(problem.status).toBe(400)
    const places = problem.issues?.map(issue => issue.path).sort()
    expect(places).toContain('/body/id')
    expect(places).toContain('/body/text')
    expect(JSON.stringify(problem.issues)).toContain('extra')
  })

  it('takes a single query value for a list, and answers with the chosen status', async () => {
    await using bed = await boot()
    const body = { id: 'a', text: 'x' }
    expect(await bed.gateways.api.write({ body, query: { label: ['one'] } })).toMatchObject({
      value: { id: 'a', labels: ['one'] },
    })
    expect(await bed.gateways.api.write({ body })).toMatchObject({ ok: false, problem: { code: 'taken' } })
    expect(await bed.gateways.api.write({ body, query: { full: 'true' } })).toMatchObject({ value: { later: true } })
  })

  it('gives nothing that the schema does not name', async () => {
    await using bed = await boot()
    expect(await bed.gateways.api.leak({ params: { id: 'a' } })).toEqual({ ok: true, value: { id: 'a' } })
  })

  it('whose answer does not fit is a 500 with its trace alone; the log has the detail under that trace', async () => {
    await using bed = await boot()
    const { problem } = await refusal(bed.gateways.api.wrong())
    expect(problem).toMatchObject({ status: 500, code: 'answer-invalid' })
    expect(problem.detail).toBeUndefined()
    const logged = bed.logs.find(({ level, trace }) => level === 'error' && trace === problem.trace)
    expect(JSON.stringify(logged)).toContain('/id')
  })

  it('knows its caller, or refuses: 401 for nobody, 403 for whom the authorizer refuses', async () => {
    await using bed = await boot()
    expect(await bed.with({ Authorization: 'anna' }).api.who()).toMatchObject({ value: { user: 'anna' } })
    expect((await refusal(bed.gateways.api.who())).problem.status).toBe(401)
    const banned = await refusal(bed.with({ authorization: 'banned' }).api.who())
    expect(banned.problem).toMatchObject({ status: 403, code: 'not-allowed', detail: 'this user is banned' })
  })

  it('that makes an operation and never runs it fails, naming the line', async () => {
    await using bed = await boot()
    const { problem } = await refusal(bed.gateways.api.forgets())
    expect(problem.code).toBe('operation-never-run')
    expect(JSON.stringify(bed.logs)).toMatch(/notes\.put \([^)]*calls\.test\.ts:\d+\)/)
    expect(await bed.uses({ notes: notes.reader }).notes.get({ id: 'lost' })).toBeUndefined()
  })

  it('that runs an operation twice fails; an unhandled refusal is a 409', async () => {
    await using bed = await boot()
    expect((await refusal(bed.gateways.api.twice())).code).toBe('operation-run-twice')
    expect((await refusal(bed.gateways.api.conflicts())).problem).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('that fails tells its trace and nothing else; a secret reaches no log, span or answer', async () => {
    await using bed = await boot()
    const { problem } = await refusal(bed.gateways.api.throwing())
    expect(problem).toMatchObject({
      status: 500,
      code: 'handler-failed',
      trace: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const everything = JSON.stringify([problem, bed.logs, bed.traces])
    expect(everything).not.toContain(secretValue)
    expect(everything).toContain('[secret api-token]')
    expect(JSON.stringify(problem)).not.toContain('handle (')
  })

  it('that takes too long is stopped: 504, its signal aborted, its later writes refused', async () => {
    await using bed = await boot()
    const answered = refusal(bed.gateways.api.endless())
    await bed.advance('3 seconds')
    expect((await answered).problem).toMatchObject({ status: 504, code: 'timed-out' })
    await bed.settled()
    expect(await bed.uses({ notes: notes.reader }).notes.get({ id: 'late' })).toBeUndefined()
  })

  it('may answer with a file', async () => {
    await using bed = await boot()
    expect(await bed.gateways.api.picture()).toMatchObject({ value: { type: 'image/svg+xml', content: '<svg/>' } })
  })

  it('for services alone is behind no gateway, and knows the service that calls', async () => {
    await using bed = await boot()
    expect(bed.runtime.door.routes.map(({ name }) => name)).not.toContain('inside')
    seen.length = 0
    await bed.advance('1 hour')
    expect(seen).toEqual(['helper'])
  })

  it('counts against its gateway’s throttle, and is told when to come again', async () => {
    const slow = plan('slow', {
      gateways: { api: gateway(api, { throttle: { rate: 1, burst: 2 } }) },
      services: [helper],
    })
    await using bed = await testbed(slow)
    const replies = await Promise.allSettled([1, 2, 3].map(() => bed.gateways.api.leak({ params: { id: 'a' } })))
    expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    await bed.advance('1 second')
    expect(await bed.gateways.api.leak({ params: { id: 'a' } })).toMatchObject({ ok: true })
  })
})
