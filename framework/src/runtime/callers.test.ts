/** Who calls: authorizers, what they may give, and how callers are handed on to other services. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone, authorizer, internal } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { problem } from '../plan/problem.ts'
import { service } from '../plan/service.ts'
import { table } from '../plan/table.ts'
import { testbed } from '../targets/testbed.ts'
import { asking, rejection, routeOf, smallPlan } from './test/small.ts'

const Person = z.object({ name: z.string(), role: z.string().default('guest') })
const sessions = table('sessions', { item: Person.extend({ token: z.string() }), key: ['token'] })

const person = authorizer('person', {
  caller: Person,
  uses: { sessions: sessions.reader },
  authorize: async (request, { sessions }) => sessions.get({ token: request.cookie('session') ?? '' }),
})

const usual = { summary: 'A test', returns: z.unknown() }
const whoami = endpoint('GET /whoami', { ...usual, caller: person, handle: ({ caller }) => caller })

/** An endpoint whose authorizer gives this. */
async function refusedWith(verdict: unknown) {
  const odd = authorizer('odd', { caller: Person, authorize: async () => verdict as never })
  const show = endpoint('GET /show', { ...usual, caller: odd, handle: ({ caller }) => caller })
  const bed = await testbed(smallPlan({ show }))
  await using closing = bed
  const answer = await closing.runtime.door.call(routeOf(closing.runtime, 'show'), asking({}))
  return { answer, logs: JSON.stringify(closing.logs) }
}

describe('An authorizer', () => {
  it('makes a typed caller of a request, read through its schema', async () => {
    await using bed = await testbed(smallPlan({ whoami }))
    const { sessions: kept } = bed.uses({ sessions: sessions.writer })
    await kept.put({ token: 't1', name: 'Ann', role: 'admin' })
    const ann = bed.with({ cookie: 'other=1; session=t1' }).api
    expect(await ann.whoami()).toEqual({ ok: true, value: { name: 'Ann', role: 'admin' } })
  })

  it('that knows nobody is answered 401', async () => {
    await using bed = await testbed(smallPlan({ whoami }))
    expect(await rejection(bed.gateways.api.whoami())).toMatchObject({
      problem: { status: 401, code: 'not-authenticated' },
    })
    expect(bed.logs).toEqual([])
  })

  it('is asked before anything of the request is told: who may not call learns nothing of its schema', async () => {
    const strict = endpoint('POST /strict', {
      ...usual,
      caller: person,
      body: z.object({ secret: z.string() }),
      handle: () => '',
    })
    await using bed = await testbed(smallPlan({ strict }))
    expect(await rejection(bed.gateways.api.strict({ body: {} as never }))).toMatchObject({ code: 'not-authenticated' })
  })

  it('may refuse with a reason of its own', async () => {
    for (const [code, status] of [
      ['not-authenticated', 401],
      ['not-allowed', 403],
      ['quota-used-up', 429],
    ] as const) {
      const { answer } = await refusedWith(problem(code, 'Because'))
      expect(answer).toMatchObject({ status, problem: { code, detail: 'Because' } })
    }
  })

  it('that refuses with any other problem is our fault, and not told', async () => {
    const { answer, logs } = await refusedWith(problem('made-up', 'Because'))
    expect(answer).toMatchObject({ status: 500, problem: { code: 'undeclared-problem' } })
    expect(JSON.stringify(answer)).not.toContain('made-up')
    expect(logs).toContain('made-up')
  })

  it('that gives a caller of the wrong shape is our fault, with what does not fit in the log', async () => {
    for (const caller of [{ name: 7 }, 'Ann', null, true]) {
      const { answer, logs } = await refusedWith(caller)
      expect(answer).toMatchObject({ status: 500, problem: { code: 'answer-invalid' } })
      expect(logs).toContain('authorizer \\"odd\\"')
    }
  })

  it('that throws is our fault', async () => {
    const failing = authorizer('failing', {
      caller: Person,
      authorize: () => Promise.reject<never>(new Error('no sessions')),
    })
    const show = endpoint('GET /show', { ...usual, caller: failing, handle: () => '' })
    await using bed = await testbed(smallPlan({ show }))
    expect(await rejection(bed.gateways.api.show())).toMatchObject({ problem: { status: 500, code: 'handler-failed' } })
    expect(JSON.stringify(bed.logs)).toContain('no sessions')
  })

  it('that never answers is cut off with its call', async () => {
    const silent = authorizer('silent', { caller: Person, authorize: () => new Promise<never>(() => {}) })
    const show = endpoint('GET /show', { ...usual, caller: silent, handle: () => '' })
    await using bed = await testbed(smallPlan({ show }))
    const refused = rejection(bed.gateways.api.show())
    await bed.advance('29 seconds')
    expect(await refused).toMatchObject({ problem: { status: 504 } })
  })

  it('may allow so many calls a second; one more is told when to come again', async () => {
    const allowing = authorizer('allowing', {
      caller: Person,
      async authorize(request) {
        const name = request.header('x-name') ?? ''
        return { kind: 'allowed' as const, caller: { name }, allowance: { key: name, perSecond: 2, burst: 3 } }
      },
    })
    const show = endpoint('GET /show', { ...usual, caller: allowing, handle: ({ caller }) => caller.name })
    await using bed = await testbed(smallPlan({ show }))
    const ask = (name: string) =>
      bed.runtime.door.call(routeOf(bed.runtime, 'show'), asking({ headers: { 'x-name': name } }))
    for (let call = 0; call < 3; call++) expect(await ask('ann')).toMatchObject({ status: 200 })
    expect(await ask('ann')).toMatchObject({
      status: 429,
      problem: { code: 'throttled' },
      headers: { 'retry-after': '1' },
    })
    expect(await ask('ben')).toMatchObject({ status: 200 })
    await bed.advance('500 milliseconds')
    expect(await ask('ann')).toMatchObject({ status: 200 })
    expect(await ask('ann')).toMatchObject({ status: 429 })
  })
})

describe('An endpoint for services of the system', () => {
  const count = endpoint('GET /count', {
    ...usual,
    caller: internal,
    returns: z.object({ by: z.string() }),
    handle: ({ caller }) => ({ by: caller.service }),
  })
  const ping = endpoint('GET /ping', { ...usual, caller: anyone, handle: () => 'pong' })
  const back = service('back', { count, ping })
  const through = endpoint('GET /through', {
    ...usual,
    caller: anyone,
    uses: { back: back.client },
    handle: async (_call, { back }) => (await back.count()).value,
  })
  const front = service('front', { through })
  const both = plan('both', { gateways: { front: gateway(front), back: gateway(back) } })

  it('is reached by them, and learns which it was', async () => {
    await using bed = await testbed(both)
    expect(await bed.gateways.front.through()).toEqual({ ok: true, value: { by: 'front' } })
  })

  it('has no route at a gateway, not even for somebody whom a test vouches for', async () => {
    await using bed = await testbed(both)
    expect(bed.runtime.door.routes.map(({ gateway, name }) => `${gateway}/${name}`)).toEqual([
      'front/through',
      'back/ping',
    ])
    expect(Object.keys(bed.gateways.back)).toEqual(['ping'])
    const forged = { gateway: 'back', name: 'count', endpoint: count }
    expect(await bed.runtime.door.call(forged, asking({}))).toMatchObject({
      status: 404,
      problem: { code: 'no-such-route' },
    })
    const vouched = await bed.runtime.callAs(forged, asking({}), {
      authorizer: 'internal',
      caller: { service: 'front' },
    })
    expect(vouched).toMatchObject({ status: 403, problem: { code: 'not-allowed' } })
  })
})

describe('A caller whom a test vouches for', () => {
  const admin = authorizer('admin', { caller: Person, authorize: async () => undefined })
  const secret = endpoint('GET /secret', { ...usual, caller: admin, handle: ({ caller }) => caller.name })
  const open = endpoint('GET /open', { ...usual, caller: anyone, handle: ({ caller }) => caller ?? 'nobody' })

  it('opens the doors of its own authorizer, and no others', async () => {
    await using bed = await testbed(smallPlan({ whoami, secret, open }))
    const ann = { name: 'Ann', role: 'guest' }
    expect((await bed.as(person, ann).api.whoami()).value).toEqual(ann)
    expect(await rejection(bed.as(person, ann).api.secret())).toMatchObject({ code: 'not-allowed' })
    expect((await bed.as(person, ann).api.open()).value).toBe('nobody')
  })
})

describe('A caller is handed on', () => {
  const Told = z.object({ asked: z.string(), by: z.string() })
  const ledger = service('ledger', {
    open: endpoint('GET /open', { ...usual, caller: anyone, handle: () => 'open' }),
    mine: endpoint('GET /mine', { ...usual, caller: person, handle: ({ caller }) => caller.name }),
  })
  const middle = service('middle', {
    relay: endpoint('GET /relay', {
      ...usual,
      caller: internal,
      returns: Told,
      uses: { ledger: ledger.client },
      handle: async ({ caller }, { ledger }) => ({ asked: String((await ledger.mine()).value), by: caller.service }),
    }),
  })
  const direct = endpoint('GET /direct', {
    ...usual,
    caller: person,
    uses: { ledger: ledger.client },
    handle: async (_call, { ledger }) => (await ledger.mine()).value,
  })
  const indirect = endpoint('GET /indirect', {
    ...usual,
    caller: person,
    uses: { middle: middle.client },
    handle: async (_call, { middle }) => (await middle.relay()).value,
  })
  const nobodys = endpoint('GET /nobodys', {
    ...usual,
    caller: anyone,
    uses: { ledger: ledger.client },
    handle: async (_call, { ledger }) => (await ledger.mine()).value,
  })
  const door = service('door', { direct, indirect, nobodys })
  const chain = plan('chain', { gateways: { door: gateway(door) } })
  const ann = { name: 'Ann', role: 'guest' }

  it('to the next service, which checks for the same authorizer', async () => {
    await using bed = await testbed(chain)
    expect(await bed.as(person, ann).door.direct()).toEqual({ ok: true, value: 'Ann' })
  })

  it('by the endpoint that knows it, not through one that is for services alone', async () => {
    await using bed = await testbed(chain)
    expect(await rejection(bed.as(person, ann).door.indirect())).toMatchObject({
      problem: { status: 403, code: 'not-allowed' },
    })
  })

  it('only where there is one', async () => {
    await using bed = await testbed(chain)
    expect(await rejection(bed.gateways.door.nobodys())).toMatchObject({
      problem: { status: 403, code: 'not-allowed' },
    })
  })
})

describe('A family of authorizers', () => {
  const asks = (role: string) => ({
    caller: Person,
    admits: (caller: z.output<typeof Person>) =>
      caller.role === role ? undefined : problem('not-allowed', `only a ${role} may`),
    authorize: (request: { header(name: string): string | undefined }) => ({
      name: 'Ann',
      role: request.header('role') ?? 'guest',
    }),
  })
  const guest = authorizer('people/guest', asks('guest'))
  const admin = authorizer('people/admin', asks('admin'))
  const stranger = authorizer('others/guest', asks('guest'))
  const back = service('back', {
    forGuests: endpoint('GET /guests', { ...usual, caller: guest, handle: ({ caller }) => caller.name }),
    forAdmins: endpoint('GET /admins', { ...usual, caller: admin, handle: ({ caller }) => caller.name }),
  })
  const through = (path: '/g' | '/a', caller: typeof guest, which: 'forGuests' | 'forAdmins') =>
    endpoint(`GET ${path}`, {
      ...usual,
      caller,
      uses: { back: back.client },
      handle: async (_call, { back }) => (await back[which]()).value,
    })

  it('takes over whom another of it let in, when it admits the caller itself', async () => {
    const front = service('front', { good: through('/g', admin, 'forGuests'), bad: through('/a', guest, 'forAdmins') })
    await using bed = await testbed(plan('family', { gateways: { front: gateway(front) } }))
    const as = bed.as(admin, { name: 'Ann', role: 'guest' })
    expect(await rejection(as.front.good())).toMatchObject({ code: 'not-allowed' })
    const vouched = bed.as(guest, { name: 'Ann', role: 'guest' })
    expect(await rejection(vouched.front.bad())).toMatchObject({ code: 'not-allowed' })
    expect(await bed.uses({ back: back.client }, admin, { name: 'Ann', role: 'guest' }).back.forGuests()).toEqual({
      ok: true,
      value: 'Ann',
    })
  })

  it('does not take over whom another family let in', async () => {
    await using bed = await testbed(plan('family', { gateways: { back: gateway(back) } }))
    const asked = bed.uses({ back: back.client }, stranger, { name: 'Ann', role: 'guest' }).back
    expect(await rejection(asked.forGuests())).toMatchObject({ code: 'not-allowed' })
  })
})

describe('What an authorizer remembers', () => {
  it('is made once for those that make it alike, and again in the next process', async () => {
    let made = 0
    const remembers = () => {
      made += 1
      return { seen: 0 }
    }
    const counting = (name: string) =>
      authorizer(name, {
        caller: z.object({ seen: z.int() }),
        remembers,
        authorize(_request, _uses, memory) {
          memory.seen += 1
          return { seen: memory.seen }
        },
      })
    const one = endpoint('GET /one', {
      ...usual,
      caller: counting('counting/one'),
      handle: ({ caller }) => caller.seen,
    })
    const two = endpoint('GET /two', {
      ...usual,
      caller: counting('counting/two'),
      handle: ({ caller }) => caller.seen,
    })
    await using bed = await testbed(smallPlan({ one, two }))
    expect((await bed.gateways.api.one()).value).toBe(1)
    expect((await bed.gateways.api.two()).value).toBe(2)
    await bed.restart()
    expect((await bed.gateways.api.one()).value).toBe(1)
    expect(made).toBe(2)
  })
})
