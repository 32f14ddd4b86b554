/** A plan without resources that has one endpoint of each kind, for the tests of this folder. */
import { z } from 'zod'
import { anyone, authorizer } from '../../plan/authorizer.ts'
import { answer, endpoint, file, nothing, stream } from '../../plan/endpoint.ts'
import { type FetchHandler, gateway } from '../../plan/gateway.ts'
import { plan } from '../../plan/plan.ts'
import { problem } from '../../plan/problem.ts'
import { service } from '../../plan/service.ts'

export const Item = z.object({ sku: z.string().min(1), quantity: z.int().min(1).max(1_000) })
export const NewOrder = z.object({
  customer: z.string().min(1).max(100),
  items: z.array(Item).max(50_000),
  express: z.boolean().default(false),
  note: z.string().max(3_000_000).optional(),
})
export const Order = NewOrder.extend({ orderId: z.string(), total: z.number() })

/** What the tests hold on to while an endpoint runs. */
export interface Hooks {
  /** The events of `live`; endless unless given. */
  events?: (signal: AbortSignal) => AsyncIterable<{ count: number }>
  /** `wait` answers when this resolves. */
  waiting?: Promise<unknown>
  pieces?: AsyncIterable<Uint8Array>
  mounted?: FetchHandler
}

const person = authorizer('person', {
  caller: z.object({ name: z.string() }),
  shownBy: { header: 'X-Key' },
  authorize: async request => {
    const name = request.header('x-key') ?? request.cookie('session')
    return name === undefined ? undefined : { name }
  },
})

async function* counting(signal: AbortSignal): AsyncGenerator<{ count: number }> {
  yield { count: 1 }
  await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}

const hello = endpoint('GET /hello', {
  summary: 'Says hello',
  caller: anyone,
  query: z.object({ name: z.string().default('world'), tag: z.union([z.string(), z.array(z.string())]).optional() }),
  returns: z.object({ hello: z.string(), tags: z.array(z.string()) }),
  handle: ({ query }) => ({ hello: query.name, tags: [query.tag ?? []].flat() }),
})
const place = endpoint('POST /orders/:orderId', {
  summary: 'Places an order',
  caller: anyone,
  body: NewOrder,
  returns: { 200: Order, 201: Order },
  fails: { 'sold-out': 409 },
  maxBody: '5 MB',
  handle: ({ params, body }) =>
    body.customer === 'late'
      ? problem('sold-out', 'The last one is gone')
      : answer(
          201,
          { ...body, orderId: params.orderId, total: body.items.length },
          { Location: `/orders/${params.orderId}` },
        ),
})
const small = endpoint('PUT /small', {
  summary: 'Takes little',
  caller: anyone,
  body: z.object({ text: z.string() }),
  returns: nothing,
  maxBody: '1 KB',
  handle: () => {},
})
const me = endpoint('GET /me', {
  summary: 'Who calls',
  caller: person,
  returns: z.object({ name: z.string() }),
  handle: ({ caller }) => caller,
})
const text = endpoint('GET /files/:size', {
  summary: 'A file of so many bytes',
  caller: anyone,
  returns: file('text/plain', 'image/png'),
  handle: ({ params }) => ({ type: 'text/plain', content: 'a'.repeat(Number(params.size)), name: 'Ärger "1".txt' }),
})
const long = endpoint('GET /long/:length', {
  summary: 'A long answer',
  caller: anyone,
  returns: z.object({ text: z.string() }),
  handle: ({ params }) => ({ text: 'b'.repeat(Number(params.length)) }),
})
const broken = endpoint('GET /broken', {
  summary: 'Gives a header that is none',
  caller: anyone,
  returns: z.object({ done: z.boolean() }),
  handle: () => answer(200, { done: true }, { 'X-Odd': 'a\nb' }),
})

export function shop(hooks: Hooks = {}, options: { origins?: readonly string[]; credentials?: boolean } = {}) {
  const pieces = endpoint('GET /pieces', {
    summary: 'A file piece by piece',
    caller: anyone,
    returns: file('application/octet-stream'),
    handle: () => ({ type: 'application/octet-stream' as const, content: hooks.pieces ?? nonePieces() }),
  })
  const live = endpoint('GET /live', {
    summary: 'Counts',
    caller: anyone,
    returns: stream(z.object({ count: z.int() })),
    handle: ({ signal }) => (hooks.events ?? counting)(signal),
  })
  const wait = endpoint('GET /wait', {
    summary: 'Waits',
    caller: anyone,
    returns: z.object({ done: z.boolean() }),
    handle: async () => {
      await hooks.waiting
      return { done: true }
    },
  })
  const endpoints = { hello, place, small, me, text, pieces, long, live, wait, broken }
  const mounts = hooks.mounted ? { '/legacy': hooks.mounted } : {}
  const cors = options.origins ? { origins: options.origins, credentials: options.credentials ?? false } : undefined
  return plan('shop', {
    gateways: { api: gateway(service('web', endpoints), { mounts, ...(cors ? { cors } : {}) }) },
  })
}

async function* nonePieces(): AsyncGenerator<Uint8Array> {}
