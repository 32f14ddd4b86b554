/**
 * What the types of tables and views promise: what is inferred, and what does not compile. Checked by the compiler,
 * never run. Each `@ts-expect-error` says what is refused; one that is not refused any more fails the check.
 */
import { z } from 'zod'
import { endpoint, stream } from './endpoint.ts'
import { atomically } from './operation.ts'
import { type Problem, problem } from './problem.ts'
import { queue } from './queue.ts'
import { type Change, oneOf, type Page, table } from './table.ts'
import { is, Order, open, orders, placed, visits } from './test/shop.ts'
import { view } from './view.ts'

// ---------- tables

// @ts-expect-error an attribute that is not there is no key
table('x', { item: Order, key: ['id'] })
// @ts-expect-error a list is no key
table('x', { item: Order, key: ['tags'] })
// @ts-expect-error an optional attribute is no primary key
table('x', { item: Order, key: ['note'] })
// @ts-expect-error a key has one or two attributes
table('x', { item: Order, key: ['orderId', 'customer', 'state'] })
// @ts-expect-error an index names attributes of the item
table('x', { item: Order, key: ['orderId'], indexes: { by: ['id'] } })
// @ts-expect-error a list is not in an index
table('x', { item: Order, key: ['orderId'], indexes: { by: ['customer', 'tags'] } })
// @ts-expect-error a version is a number
table('x', { item: Order, key: ['orderId'], version: 'customer' })
// @ts-expect-error an expiry is an ISO time
table('x', { item: Order, key: ['orderId'], expires: 'total' })

export const reading = endpoint('GET /reading', {
  ...open,
  uses: { orders: orders.reader, visits: visits.reader, all: orders.scanner },
  async handle(_call, { orders, visits, all }) {
    is<Order | undefined>()(await orders.get({ orderId: 'a' }))
    is<readonly (Order | undefined)[]>()(await orders.getMany([{ orderId: 'a' }, { orderId: 'b' }]))
    is<Page<Order>>()(await orders.by.customer({ customer: 'a' }, { from: '2026', limit: 10, reverse: true }))
    is<Page<Order>>()(await orders.by.state({ state: 'paid' }))
    is<Page<Order>>()(await orders.by.total({ customer: 'a' }, { from: 1, to: 5 }))
    is<Page<Order>>()(await orders.by.note({ note: 'a' }))
    is<Page<Order>>()(await all.scan({ limit: 100 }))
    await visits.query({ page: '/' }, { from: 1 })

    // @ts-expect-error a reader does not write
    orders.put
    // @ts-expect-error a reader does not scan
    orders.scan
    // @ts-expect-error a reader does not watch
    orders.watch
    // @ts-expect-error a scanner does not get
    all.get
    // @ts-expect-error the key is another one
    await orders.get({ customer: 'a' })
    // @ts-expect-error the whole key is needed
    await visits.get({ page: '/' })
    // @ts-expect-error each key is a key
    await orders.getMany([{ orderId: 1 }])
    // @ts-expect-error there is no such index
    orders.by.placedAt
    // @ts-expect-error the partition of this index is a state
    await orders.by.state({ state: 'lost' })
    // @ts-expect-error an index without sort attribute has no range
    await orders.by.state({ state: 'paid' }, { from: 'a' })
    // @ts-expect-error a table without sort attribute has no range
    await orders.query({ orderId: 'a' }, { prefix: 'a' })
    // @ts-expect-error numbers have no prefix
    await orders.by.total({ customer: 'a' }, { prefix: 1 })
    // @ts-expect-error an attribute of an index may be absent in an item, not in a query
    await orders.by.note({})
  },
})

export const writing = endpoint('POST /writing', {
  ...open,
  uses: { orders: orders.writer, visits: visits.writer },
  async handle(_call, { orders, visits }) {
    const key = { orderId: 'a' }
    is<Order>()(await orders.put(placed))
    is<Order>()(await orders.insert(placed))
    is<Order>()(await orders.patch(key, { state: 'paid', note: undefined }, { unset: ['note'] }))
    is<Order | Problem<'late'>>()(
      await orders.patch(key, { state: 'gone' }, { when: { state: oneOf('placed', 'paid') } }).or(problem('late')),
    )
    is<Order | false>()(await orders.insert(placed).or(false))
    is<void>()(await orders.remove(key))
    await orders.remove(key, { when: { revision: 3, note: undefined } })
    await orders.check(key, { when: { state: 'paid' } })
    await orders.put(placed, { when: { state: undefined } })
    await visits.add({ page: '/', at: 1 }, { count: 1 }, { floor: 0, when: { count: oneOf(1, 2) } })

    // @ts-expect-error the store counts the version: insert
    await orders.insert({ ...placed, revision: 1 })
    // @ts-expect-error the store counts the version: patch
    await orders.patch(key, { revision: 2 })
    // @ts-expect-error the store counts the version: add
    await orders.add(key, { revision: 1 })
    // @ts-expect-error an item is complete
    await orders.insert({ orderId: 'a' })
    // @ts-expect-error the key does not change
    await orders.patch(key, { orderId: 'b' })
    // @ts-expect-error a value fits its attribute
    await orders.patch(key, { state: 'lost' })
    // @ts-expect-error what is required cannot be unset
    await orders.patch(key, {}, { unset: ['customer'] })
    // @ts-expect-error only numbers are added to
    await orders.add(key, { customer: 1 })
    // @ts-expect-error part of the key is not added to
    await visits.add({ page: '/', at: 1 }, { at: 1 })
    // @ts-expect-error a condition names a value of its attribute
    await orders.remove(key, { when: { state: 'lost' } })
    // @ts-expect-error each of several values is one of its attribute
    await orders.remove(key, { when: { state: oneOf('paid', 'lost') } })
    // @ts-expect-error a list is not compared
    await orders.remove(key, { when: { tags: [] } })
    // @ts-expect-error without a condition nothing is refused, so there is nothing to say
    orders.put(placed).or(problem('late'))
  },
})

export const together = endpoint('POST /together', {
  ...open,
  uses: { orders: orders.writer, visits: visits.writer },
  async handle(_call, { orders, visits }) {
    const visit = { page: '/', at: 1 }
    const sure = await atomically({ put: orders.put(placed), remove: visits.remove(visit) })
    is<{ readonly ok: true }>()(sure)
    const kept = await atomically({ order: orders.insert(placed), visit: visits.put({ ...visit, count: 1 }) })
    if (!kept.ok) is<'order'>()(kept.failed)
    is<number | Problem<'taken'>>()(
      await atomically({ order: orders.insert(placed) }).answer(5, { order: problem('taken') }),
    )
    // @ts-expect-error each operation that can be refused has its problem
    atomically({ order: orders.insert(placed) }).answer(5, {})
    // @ts-expect-error and none is left out
    atomically({ order: orders.insert(placed) }).answer(5)
    is<number>()(await atomically({ order: orders.put(placed), visit: visits.remove(visit) }).answer(5))
    is<number>()(await atomically({ order: orders.insert(placed).or(problem('taken')) }).answer(5))
    // @ts-expect-error what cannot be refused has no problem
    atomically({ order: orders.put(placed) }).answer(5, { order: 'taken' })
  },
})
endpoint('POST /a', {
  ...open,
  returns: { 201: z.object({ ok: z.boolean() }) },
  fails: { taken: 409 },
  uses: { orders: orders.writer },
  handle: (_call, { orders }) =>
    // @ts-expect-error a problem in the answer is one that `fails` names
    atomically({ order: orders.insert(placed) }).answer({ ok: true }, { order: problem('lost') }),
})

export const answered = endpoint('POST /answered', {
  ...open,
  returns: { 201: Order },
  fails: { taken: 409, gone: 410 },
  uses: { orders: orders.writer },
  handle: (_call, { orders }) =>
    atomically({ order: orders.insert(placed) }).answer({ ...placed, revision: 1 }, { order: problem('taken') }),
})

export const watching = endpoint('GET /live', {
  ...open,
  returns: stream(Order),
  uses: { orders: orders.watcher },
  async *handle(_call, { orders }) {
    for await (const order of orders.watch({ orderId: 'a' })) {
      is<Order | undefined>()(order)
      if (order) yield order
    }
    for await (const change of orders.changes({ orderId: 'a' })) is<Change<Order>>()(change)
    await orders.get({ orderId: 'a' })
    // @ts-expect-error a watcher does not write
    orders.put
  },
})

// ---------- upgrades

const Person = z.object({ id: z.string(), first: z.string(), last: z.string().default('') })
const Older = z.object({ id: z.string(), name: z.string() })
export const people = table('people', {
  item: [Older, old => ({ id: old.id, first: old.name }), Person],
  key: ['id'],
})
// @ts-expect-error the upgrade gives an item of the newest schema
table('x', { item: [Older, (old: z.output<typeof Older>) => ({ id: old.id }), Person], key: ['id'] })
// @ts-expect-error the key is one of the newest schema
table('x', { item: [Older, (old: z.output<typeof Older>) => ({ id: old.id, first: '' }), Person], key: ['name'] })

export const upgraded = queue('upgraded', { message: [Older, old => ({ id: old.id, first: old.name }), Person] })

// ---------- views

export const bigOnes = view('big-ones', {
  from: orders,
  item: z.object({ customer: z.string(), orderId: z.string(), total: z.int() }),
  key: ['customer', 'orderId'],
  project: order => {
    is<Order>()(order)
    return order.total > 100 ? order : undefined
  },
})
export const parts = view('parts', {
  from: bigOnes,
  item: z.object({ tag: z.string(), at: z.int() }),
  key: ['tag', 'at'],
  project: ({ total }) => [1, 2].map(at => ({ tag: 'x', at: at * total })),
})
view('x', {
  from: orders,
  item: z.object({ id: z.string() }),
  key: ['id'],
  // @ts-expect-error a projection gives the view's items
  project: order => ({ id: order.total }),
})
// @ts-expect-error only its projection writes a view
bigOnes.writer
