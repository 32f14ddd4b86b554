/**
 * Two tenants: what one has, the other neither sees nor changes. Every endpoint of every gateway is tried as the other,
 * with the owner's own ids and bodies; then nothing of the owner's may have come out, and nothing may have changed. A
 * system tells here what its tenants do and what requests look like; one that is new and not told of fails the test.
 */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { authorizer, endpoint, gateway, nothing, plan, problem, service, table } from 'groundplan'
import type { Home, OpenHome } from 'groundplan/home'
import { CallRefused, testbed } from 'groundplan/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Server, startServer } from '../drivers/postgres/src/test/cluster.ts'
import { homeOnPostgres } from '../drivers/postgres/src/test/home.ts'
import { withPostgres } from '../drivers/postgres/src/test/server.ts'
import type { AnyHandler } from '../framework/src/plan/parts.ts'
import type { Gateways, Plan } from '../framework/src/plan/plan.ts'
import type { DoorRoute } from '../framework/src/runtime/door.ts'
import records from './records/plan.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'

/** Stands in everything that the owner writes. */
const marker = 'nobody-else-may-read-this'

interface Request {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}
type Ask = (endpoint: string, request?: Request) => Promise<unknown>

interface Story {
  readonly plan: Plan<Gateways>
  /** What the authorizers make of the two. */
  readonly owner: unknown
  readonly other: unknown
  /** What the owner does first; gives what requests about it look like, by `gateway/endpoint`. */
  prepare(ask: Ask, bed: Home<Gateways>): Promise<Readonly<Record<string, Request>>>
  /** What shows the owner everything of his. */
  readonly shows: readonly string[]
  /** Endpoints (or `gateway/*`) that are not written yet or are shown elsewhere, with the reason. */
  readonly open: Readonly<Record<string, string>>
}

const customer = (userId: string) => ({ userId, sessionId: userId, roles: ['customer'], tenant: undefined })
const keyOf = (account: string) => ({ keyId: account, account, scopes: ['read', 'write'] })

const stories: Readonly<Record<string, Story>> = {
  storefront: {
    plan: storefront,
    owner: customer(`anna-${marker}`),
    other: customer('ben'),
    async prepare(ask, bed) {
      const tea = { productId: 'tea', name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }
      await bed.uses({ products: products.writer }).products.put({ ...tea, stock: 10 })
      await bed.settled()
      const body = { lines: [{ productId: 'tea', quantity: 1 }], name: `Anna ${marker}` }
      const params = { orderId: idIn(await ask('customer/order', { body }), 'orderId') }
      await bed.settled()
      return {
        'customer/order': { body: { lines: body.lines } },
        'customer/product': { params: { productId: 'tea' } },
        'customer/picture': { params: { picture: 'no-such-picture.svg' } },
        'customer/myOrder': { params },
        'customer/myOrderHistory': { params },
        'customer/live': { params },
        'customer/cancel': { params, body: { reason: 'because I can' } },
      }
    },
    shows: ['customer/myOrders', 'customer/myOrder', 'customer/myOrderHistory'],
    open: { 'accounts/*': 'shown in accounts/test/managing.ts and sessions.ts' },
  },
  records: {
    plan: records,
    owner: keyOf(`anna-${marker}`),
    other: keyOf('ben'),
    async prepare(ask) {
      const body = { title: 'Mine', text: marker }
      await ask('api/write', { body })
      return { 'api/write': { body: { title: 'Other', text: 'other' } } }
    },
    shows: ['api/list'],
    open: { 'api/restore': 'not written yet' },
  },
}

/** Systems without tenants, or whose handlers are not written yet. */
const without: Readonly<Record<string, string>> = {
  counter: 'it has no callers',
  giftflick: 'its handlers are not written yet',
  insights: 'its handlers are not written yet',
}

/** What one said when asked by somebody. */
interface Tried {
  readonly endpoint: string
  /** Undefined: it went well. */
  readonly refused?: string
  readonly said: string
}

function nameOf({ gateway, name }: DoorRoute): string {
  return `${gateway}/${name}`
}

async function tried(bed: Home<Gateways>, route: DoorRoute, who: unknown, request: Request = {}): Promise<Tried> {
  const endpoint = nameOf(route)
  const client = bed.as(route.endpoint.caller, who)[route.gateway]
  const ask: unknown = client && Reflect.get(client, route.name)
  if (typeof ask !== 'function') throw new Error(`there is no ${endpoint}`)
  try {
    const reply: { readonly ok: boolean; readonly value?: unknown; readonly problem?: { readonly code: string } } =
      await ask(request)
    const said = JSON.stringify(reply.ok ? reply.value : reply.problem) ?? ''
    return reply.problem ? { endpoint, refused: reply.problem.code, said } : { endpoint, said }
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error
    return { endpoint, refused: error.code, said: JSON.stringify(error.problem) }
  }
}

function idIn(value: unknown, name: string): string {
  const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof id !== 'string') throw new Error(`there is no ${name} in ${JSON.stringify(value)}`)
  return id
}

function isOpen({ open }: Story, route: DoorRoute): boolean {
  return nameOf(route) in open || `${route.gateway}/*` in open
}

/** A try that shows nothing: the request was no proper one, or the handler broke. */
const meaningless: readonly string[] = ['request-invalid', 'handler-failed', 'invalid-json', 'answer-invalid']

describe('two tenants', { timeout: 60_000 }, () => {
  it('every system tells of its tenants, or why it has none', () => {
    const here = fileURLToPath(new URL('./', import.meta.url))
    const systems = readdirSync(here).filter(name => existsSync(`${here}${name}/plan.ts`))
    expect([...Object.keys(stories), ...Object.keys(without)].sort()).toEqual(systems)
  })

  it.each(Object.entries(stories))('%s: nobody sees or changes what is another’s', async (_name, story) => {
    expect(await complaintsOn(story)).toEqual([])
  })

  it('a system in which somebody does is found out, and so is a request that shows nothing', async () => {
    const callers = authorizer('person', { caller: z.object({ name: z.string() }), authorize: async () => undefined })
    const notes = table('notes', { item: z.object({ id: z.string(), text: z.string() }), key: ['id'] })
    const Note = z.object({ id: z.string(), text: z.string() })
    const usual = { caller: callers, uses: { notes: notes.writer } }
    const params = { id: 'the-note' }
    const leaky = service('leaky', {
      write: endpoint('POST /notes', {
        ...{ ...usual, summary: 'Write', body: Note, returns: Note },
        handle: ({ body }, { notes }) => notes.put(body),
      }),
      read: endpoint('GET /notes/:id', {
        ...{ ...usual, summary: 'Read', returns: Note, fails: { 'not-found': 404 } },
        handle: async ({ params }, { notes }) => (await notes.get(params)) ?? problem('not-found'),
      }),
      wipe: endpoint('DELETE /notes/:id', {
        ...{ ...usual, summary: 'Wipe', returns: nothing, fails: { 'not-found': 404 } },
        handle: async ({ params }, { notes }) => notes.put({ ...params, text: 'wiped' }).then(() => {}),
      }),
    })
    const complaints = await complaintsOn({
      plan: plan('leaky', { gateways: { api: gateway(leaky) } }),
      owner: { name: 'Anna' },
      other: { name: 'Ben' },
      async prepare(ask) {
        await ask('api/write', { body: { id: 'the-note', text: marker } })
        return { 'api/read': { params }, 'api/wipe': { params } }
      },
      shows: ['api/read'],
      open: {},
    })
    expect(complaints).toEqual([
      'api/write: request-invalid shows nothing: tell what a request looks like',
      'api/read gives out what is another’s',
      'something of another was changed',
    ])
  })
})

withPostgres('two tenants on PostgreSQL', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  describe('two tenants on PostgreSQL', { timeout: 120_000 }, () => {
    it.each(Object.entries(stories))('%s: nobody sees or changes what is another’s', async (_name, story) => {
      const onPostgres = homeOnPostgres(() => server.url)
      expect(await complaintsOn(story, onPostgres)).toEqual([])
    })
  })
})

/** What a system does wrong. */
async function complaintsOn(story: Story, open: OpenHome = testbed): Promise<readonly string[]> {
  await using bed = await open(story.plan, { throttle: false })
  const routes = routesOf(story.plan)
  const byName = new Map(routes.map(route => [nameOf(route), route]))
  const routeOf = (name: string): DoorRoute => byName.get(name) ?? never(`there is no endpoint ${name}`)
  const asOwner: Ask = async (name, request) => {
    const { refused, said } = await tried(bed, routeOf(name), story.owner, request)
    return refused ? never(`${name} refused its owner: ${said}`) : JSON.parse(said)
  }
  const requests = await story.prepare(asOwner, bed)
  const shown = async () => JSON.stringify(await Promise.all(story.shows.map(name => asOwner(name, requests[name]))))
  const before = await shown()
  if (!before.includes(marker)) never('nothing that is shown is the owner’s')
  const tries: Tried[] = []
  for (const route of routes.filter(each => !isOpen(story, each))) {
    tries.push(await tried(bed, route, story.other, requests[nameOf(route)]))
  }
  await bed.settled()
  const changed = (await shown()) !== before
  return [...tries.flatMap(complaintOn), ...(changed ? ['something of another was changed'] : [])]
}

/** Every endpoint of every gateway. */
function routesOf({ gateways }: Plan<Gateways>): readonly DoorRoute[] {
  return Object.entries(gateways).flatMap(([gateway, { service }]) => {
    const handlers: Readonly<Record<string, AnyHandler>> = service.handlers
    return Object.entries(handlers).flatMap(([name, endpoint]) =>
      endpoint.kind === 'endpoint' ? [{ gateway, name, endpoint }] : [],
    )
  })
}

function complaintOn({ endpoint, refused, said }: Tried): readonly string[] {
  if (said.includes(marker)) return [`${endpoint} gives out what is another’s`]
  if (refused === undefined || !meaningless.includes(refused)) return []
  return [`${endpoint}: ${refused} shows nothing: tell what a request looks like`]
}

function never(why: string): never {
  throw new Error(why)
}
