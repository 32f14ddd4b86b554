/**
 * What a plan costs the type checker, an endpoint: a plan whose inference slows the editor is a bug like any
 * other. Two plans are written, of 10 and of 60 endpoints like the storefront's, and the compiler counts its
 * instantiations for both; the difference is the cost of 50 endpoints without what zod and the framework cost once.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './tree.ts'

/** At most so many instantiations an endpoint. */
export const maxPerEndpoint = 3_500

const endpointsPerGroup = 10

/** The instantiations of one endpoint, on average over 50. `group` writes ten endpoints with what they use. */
export async function costPerEndpoint(group: (name: string) => string = storefrontGroup): Promise<number> {
  const few = await instantiations(planOf(1, group))
  const many = await instantiations(planOf(6, group))
  return (many - few) / (5 * endpointsPerGroup)
}

function planOf(groups: number, group: (name: string) => string): string {
  const names = Array.from({ length: groups }, (_, index) => `G${index}`)
  return [
    imports,
    ...names.map(group),
    `export default plan('costs', { gateways: { ${names.map(name => `${name}: gateway${name}`).join(', ')} } })`,
  ].join('\n')
}

/** Compiles one module against the framework's sources, in a folder of its own; an error in it is thrown. */
async function instantiations(text: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-types-'))
  try {
    await writeFile(join(folder, 'plan.ts'), text)
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    // Several checkers would each count what they all have to know.
    const how = ['--extendedDiagnostics', '--checkers', '1']
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...how, '-p', folder])
    return Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1])
  } catch (error) {
    throw new Error(`The plan did not compile:\n${outputOf(error)}`, { cause: error })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function outputOf(error: unknown): string {
  return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
}

const project = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noUnusedLocals: false,
    typeRoots: [join(root, 'node_modules', '@types')],
    paths: {
      groundplan: [join(root, 'framework/src/index.ts')],
      zod: [join(root, 'node_modules/zod/index.d.ts')],
    },
  },
  include: ['plan.ts'],
}

const imports = `
import { anyone, atomically, authorizer, consumer, endpoint, gateway, plan, problem, queue, service, subscriber, table, topic, view } from 'groundplan'
import { z } from 'zod'
`

/**
 * Ten endpoints in two services, with the schemas, tables, topic, queue, view and authorizer they use: the mix of
 * the storefront. Change it when the words of a plan change.
 */
function storefrontGroup(name: string): string {
  return ['schemas', 'resources', 'backend', 'bff'].map(part => parts[part]?.(name) ?? '').join('')
}

const parts: Readonly<Record<string, (name: string) => string>> = {
  schemas: n => `
const Product${n} = z.object({ productId: z.string(), name: z.string(), category: z.string(), price: z.int(), stock: z.int().min(0), retired: z.boolean().default(false) })
const Order${n} = z.object({ orderId: z.string(), customerId: z.string(), productId: z.string(), quantity: z.int().positive(), total: z.int(), state: z.enum(['placed', 'paid', 'fulfilled', 'cancelled']), placedAt: z.string() })
const NewOrder${n} = Order${n}.pick({ productId: true, quantity: true })
const OrderEvent${n} = z.discriminatedUnion('type', [z.object({ type: z.literal('placed'), order: Order${n} }), z.object({ type: z.literal('cancelled'), orderId: z.string() })])
const Customer${n} = z.object({ customerId: z.string(), roles: z.array(z.string()) })
const Entry${n} = z.object({ category: z.string(), name: z.string(), productId: z.string(), price: z.int() })
const Orders${n} = z.object({ items: z.array(Order${n}), next: z.string().optional() })
`,
  resources: n => `
const products${n} = table('products${n}', { item: Product${n}, key: ['productId'] })
const orders${n} = table('orders${n}', { item: Order${n}, key: ['orderId'], indexes: { customer: ['customerId', 'placedAt'], product: ['productId'] } })
const sessions${n} = table('sessions${n}', { item: z.object({ token: z.string(), customerId: z.string() }), key: ['token'] })
const events${n} = topic('events${n}', { event: OrderEvent${n} })
const updates${n} = queue('updates${n}', { message: Product${n}.partial().required({ productId: true }), orderBy: message => message.productId })
const catalogue${n} = view('catalogue${n}', {
  from: products${n}, item: Entry${n}, key: ['category', 'productId'], indexes: { byName: ['category', 'name'] },
  project: product => (product.retired ? undefined : { category: product.category, name: product.name, productId: product.productId, price: product.price }),
})
const customer${n} = authorizer('customer${n}', {
  caller: Customer${n}, uses: { sessions: sessions${n}.reader },
  async authorize(request, { sessions }) {
    const session = await sessions.get({ token: request.header('authorization') ?? '' })
    return session && { customerId: session.customerId, roles: [] }
  },
})
`,
  backend: n => `
const place${n} = endpoint('POST /orders', {
  summary: 'Place an order', caller: customer${n}, body: NewOrder${n}, returns: { 201: Order${n} },
  fails: { 'sold-out': 409, 'unknown-product': 422 }, once: 'Idempotency-Key',
  uses: { orders: orders${n}.writer, products: products${n}.writer, events: events${n}.publisher },
  async handle({ body, caller, at, newId }, { orders, products, events }) {
    const product = await products.get({ productId: body.productId })
    if (!product) return problem('unknown-product')
    const order = { orderId: newId(), customerId: caller.customerId, productId: product.productId, quantity: body.quantity, total: product.price * body.quantity, state: 'placed' as const, placedAt: at.toISOString() }
    return atomically({
      stock: products.add({ productId: product.productId }, { stock: -body.quantity }, { floor: 0 }),
      order: orders.insert(order),
      event: events.publish({ type: 'placed', order }),
    }).answer(order, { stock: problem('sold-out'), order: problem('sold-out') })
  },
})
const cancel${n} = endpoint('POST /orders/:orderId/cancel', {
  summary: 'Cancel an order', caller: customer${n}, returns: Order${n}, fails: { 'not-found': 404, 'too-late': 409 },
  uses: { orders: orders${n}.writer },
  async handle({ params, caller }, { orders }) {
    const order = await orders.get(params)
    if (order?.customerId !== caller.customerId) return problem('not-found')
    return orders.patch(params, { state: 'cancelled' }, { when: { state: 'placed' } }).or(problem('too-late'))
  },
})
const order${n} = endpoint('GET /orders/:orderId/lines/:line', {
  summary: 'One line', caller: customer${n}, returns: Order${n}, fails: { 'not-found': 404 },
  params: z.object({ orderId: z.string(), line: z.coerce.number() }), query: z.object({ full: z.stringbool().default(false) }),
  uses: { orders: orders${n}.reader },
  handle: async ({ params }, { orders }) => (await orders.get({ orderId: params.orderId })) ?? problem('not-found'),
})
const mine${n} = endpoint('GET /orders', {
  summary: 'My orders', caller: customer${n}, returns: Orders${n}, query: z.object({ after: z.string().optional() }),
  uses: { orders: orders${n}.reader },
  async handle({ caller }, { orders }) {
    const page = await orders.by.customer({ customerId: caller.customerId }, { from: '2026', limit: 10, reverse: true })
    return { items: [...page.items] }
  },
})
const product${n} = endpoint('GET /products/:productId', {
  summary: 'One product', caller: anyone, returns: Product${n}, fails: { 'not-found': 404 }, uses: { products: products${n}.reader },
  handle: async ({ params }, { products }) => (await products.get(params)) ?? problem('not-found'),
})
const create${n} = endpoint('POST /products', {
  summary: 'Create a product', caller: customer${n}, body: Product${n}.omit({ productId: true }), returns: { 201: Product${n} }, fails: { exists: 409 },
  uses: { products: products${n}.writer },
  handle: ({ body, newId }, { products }) => products.insert({ ...body, productId: newId() }).or(problem('exists')),
})
const change${n} = endpoint('PATCH /products/:productId', {
  summary: 'Change a product, later', caller: customer${n}, body: Product${n}.partial().omit({ productId: true }), returns: z.object({ accepted: z.boolean() }),
  uses: { updates: updates${n}.sender },
  async handle({ params, body }, { updates }) {
    await updates.send({ ...body, productId: params.productId })
    return { accepted: true }
  },
})
const tell${n} = subscriber(events${n}, { uses: { orders: orders${n}.reader }, async handle({ event }, { orders }) { if (event.type === 'placed') await orders.get(event.order) } })
const apply${n} = consumer(updates${n}, { uses: { products: products${n}.writer }, async handle({ message: { productId, ...changes } }, { products }) { await products.patch({ productId }, changes) } })
const backend${n} = service('backend${n}', { place${n}, cancel${n}, order${n}, mine${n}, product${n}, create${n}, change${n}, tell${n}, apply${n}, catalogue${n} })
`,
  bff: n => `
const buy${n} = endpoint('POST /buy', {
  summary: 'Buy', caller: customer${n}, body: NewOrder${n}, returns: { 201: Order${n} }, fails: { 'sold-out': 409, 'unknown-product': 422 },
  uses: { backend: backend${n}.client },
  async handle({ body }, { backend }) {
    const reply = await backend.place${n}({ body })
    return reply.ok ? reply.value : problem(reply.problem.code)
  },
})
const browse${n} = endpoint('GET /categories/:category', {
  summary: 'Browse', caller: anyone, returns: z.array(Entry${n}), query: z.object({ name: z.string().optional() }), uses: { catalogue: catalogue${n}.reader },
  async handle({ params, query }, { catalogue }) {
    const page = await catalogue.by.byName({ category: params.category }, query?.name === undefined ? {} : { prefix: query.name })
    return [...page.items]
  },
})
const status${n} = endpoint('GET /orders/:orderId/status', {
  summary: 'Where my order is', caller: customer${n}, returns: Order${n}.pick({ orderId: true, state: true }), fails: { 'not-found': 404 }, uses: { backend: backend${n}.client },
  async handle({ params }, { backend }) {
    const reply = await backend.order${n}({ params: { ...params, line: 1 }, query: {} })
    return reply.ok ? reply.value : problem(reply.problem.code)
  },
})
const gateway${n} = gateway(service('bff${n}', { buy${n}, browse${n}, status${n} }), { throttle: { rate: 50, burst: 100 } })
`,
}
