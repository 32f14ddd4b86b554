/**
 * Storefront's order line on the drivers of AWS, with every call that they make recorded and held against the policies
 * that come from the plan's grants: each service may do what it does, and nothing that the plan did not give it.
 */
import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { awsDrivers, makeMissing, queueName, resourceName } from '../drivers/aws/src/drivers.ts'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { makeBuckets, maySendMail, removeAll } from '../drivers/aws/src/test/home.ts'
import { shapeOf } from '../framework/src/driver.ts'
import { memoryDatabases } from '../framework/src/memory/database.ts'
import { graphOf } from '../framework/src/plan/graph.ts'
import type { Plan } from '../framework/src/plan/plan.ts'
import { type Runtime, runtimeTables, startRuntime } from '../framework/src/runtime/runtime.ts'
import { type PolicyDocument, policyOf } from '../targets/aws/src/policy.ts'
import { carrier, queueOf } from '../targets/aws/src/rights.ts'
import { type System, systemOf } from '../targets/aws/src/system.ts'
import { type Asked, allows } from '../targets/aws/src/test/evaluator.ts'
import { recorded } from '../targets/aws/src/test/recorder.ts'
import { customerBff } from './storefront/customer-bff/service.ts'
import { opsBff } from './storefront/ops-bff/service.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'
import { anna, customer, olga, operator } from './storefront/test/people.ts'

vi.setConfig({ testTimeout: 120_000 })

const environment = `p${randomUUID().slice(0, 6)}`
const settings = { region: 'eu-central-1', domain: 'example.org', operations: 'o@example.org', costOwner: 'shop' }
const system = systemOf(storefront, environment, settings)
const policies = policiesOf(system)

function policiesOf({ names, tables, services, carrier: carrying = [] }: System): ReadonlyMap<string, PolicyDocument> {
  const parts = { names, tables, keyArn: '*', databaseLoginArn: 'login', isFunction: () => true }
  const all = [...services.map(({ name, rights }) => [name, rights] as const), [carrier, carrying] as const]
  return new Map(all.map(([name, rights]) => [name, policyOf(rights, parts)]))
}

const may = (who: string, asked: Asked): boolean => {
  const policy = policies.get(who)
  return policy !== undefined && allows(policy, asked)
}

/** A call, and who was at work at that moment, the innermost last. */
interface Call extends Asked {
  readonly during: readonly string[]
}

const table = (name: string) => `:table/${resourceName(system.names.prefix, name)}`
const outbox = table('groundplan-outbox')
const background = [
  outbox,
  table('groundplan-letters'),
  table('groundplan-mail'),
  table('groundplan-alarms'),
  table('groundplan-schedules'),
]

/** Who must have made a call: the owner of a queue, the carrier in the background, else who was at work innermost. */
function whoMay(call: Call): readonly string[] {
  const owner = system.parts.handlers.find(named => {
    const queue = queueOf(named)
    return queue !== undefined && call.arn.endsWith(`:${queueName(system.names.prefix, queue)}`)
  })
  if (call.action.startsWith('sqs:')) {
    return call.action === 'sqs:SendMessage' || !owner ? [carrier] : [owner.service.name]
  }
  const atWork = call.during.map(name => name.slice(0, name.indexOf('/'))).filter(name => policies.has(name))
  const isBackground =
    background.some(name => call.arn.endsWith(name)) &&
    !(call.arn.endsWith(outbox) && call.action === 'dynamodb:PutItem')
  if (isBackground) return [carrier]
  return atWork.length > 0 ? atWork.slice(-3) : [...policies.keys()]
}

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], (dynamodb, sqs, moto, ses) => {
  async function orderLine(): Promise<readonly Call[]> {
    const calls: Call[] = []
    let runtime: Runtime | undefined
    const tell = (asked: Asked): void => {
      if (runtime) calls.push({ ...asked, during: runtime.calls().map(({ name }) => name) })
    }
    const [tables, queues, vault] = await Promise.all([dynamodb, sqs, moto].map(each => recorded(each.endpoint, tell)))
    const { prefix } = system.names
    const shape = shapeOf(storefront, runtimeTables)
    const direct = {
      dynamodb: dynamodb.endpoint,
      sqs: sqs.endpoint,
      s3: moto.endpoint,
      vault: moto.endpoint,
      ses: ses.endpoint,
    }
    const options = { clock: realClock(), region: 'us-east-1', credentials, prefix }
    await makeMissing(shape, { ...options, endpoints: direct })
    await makeBuckets(shape, { ...options, endpoints: direct })
    await maySendMail('us-east-1', ses.endpoint)
    const databases = memoryDatabases()
    const endpoints = {
      ...direct,
      dynamodb: tables?.endpoint ?? '',
      sqs: queues?.endpoint ?? '',
      vault: vault?.endpoint ?? '',
    }
    const drivers = awsDrivers(shape, { ...options, endpoints, databases, tellOfObjects: true })
    try {
      runtime = await startRuntime(storefront, drivers, { logs: () => {} })
      await throughTheShop(runtime)
    } finally {
      await runtime?.stop(10_000)
      await drivers.close()
      await databases.close()
      await Promise.all([tables, queues, vault].map(each => each?.close()))
      await removeAll({ ...options, endpoints: direct })
    }
    return calls
  }

  describe('S14: the policies of storefront', () => {
    it('allow each service what it does for an order and an update, and give none what the plan does not', async () => {
      const calls = await orderLine()
      expect(calls.length).toBeGreaterThan(50)
      const refused = calls.filter(call => !whoMay(call).some(who => may(who, call)))
      expect(unlike(refused)).toEqual([])
      expect(unlike(calls.flatMap(beyondThePlan))).toEqual([])
    })

    it('let nobody but the backend write orders and products, and nobody but the carrier send messages', () => {
      const at = (action: string, arn: string): Asked => ({ action, arn: `arn:aws:${arn}` })
      const put = at('dynamodb:PutItem', `dynamodb:eu-central-1:000000000000${table('orders')}`)
      expect([...policies.keys()].filter(who => may(who, put))).toEqual(['backend'])
      const name = queueName(system.names.prefix, 'product-updates')
      const send = at('sqs:SendMessage', `sqs:eu-central-1:000000000000:${name}`)
      expect([...policies.keys()].filter(who => may(who, send)).filter(who => who !== 'backend')).toEqual([carrier])
      for (const action of ['dynamodb:DeleteTable', 'sqs:DeleteQueue', 'kms:ScheduleKeyDeletion', 'iam:PassRole']) {
        expect([...policies.keys()].filter(who => may(who, { ...put, action }))).toEqual([])
      }
      const others = { ...put, arn: put.arn.replace(system.names.prefix, 'storefront-other') }
      expect([...policies.keys()].filter(who => may(who, others))).toEqual([])
    })
  })
})

/** Services that may do this on a table of the plan without an arrow of its graph that leads there. */
function beyondThePlan(call: Call): readonly Asked[] {
  const { arrows, services } = graphOf(storefront as Plan)
  const named = system.tables.find(({ name }) => call.arn.endsWith(table(name)) || call.arn.includes(`${table(name)}/`))
  if (!named || named.name.startsWith('groundplan-')) return []
  const leads = (service: string) => {
    const handlers = services.find(({ name }) => name === service)?.handlers ?? []
    const from = new Set([...handlers.map(({ id }) => id), ...handlers.map(({ caller }) => `authorizer:${caller}`)])
    return arrows.some(arrow => {
      const touches = [arrow.from, arrow.to].some(id => id === `table:${named.name}` || id === `view:${named.name}`)
      return touches && (from.has(arrow.from) || from.has(arrow.to))
    })
  }
  const wrong = system.services.filter(({ name }) => may(name, call) && !leads(name))
  return wrong.map(({ name }) => ({ action: `${name}: ${call.action}`, arn: call.arn }))
}

function unlike(calls: readonly (Asked & { readonly during?: readonly string[] })[]): readonly string[] {
  return [...new Set(calls.map(({ action, arn, during = [] }) => `${action} ${arn} ${during.join(' ')}`))].sort()
}

async function throughTheShop(runtime: Runtime): Promise<void> {
  const tea = { productId: 'tea', name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' }, stock: 5 }
  const seeded = runtime.clients('seed', { products: products.writer }) as Seeded
  await seeded.products.put(tea)
  // Views are built for the first time in the background: what follows is told apart from that.
  const builds = () => runtime.activity.names().filter(name => name.startsWith('building'))
  await vi.waitFor(() => expect(builds()).toEqual([]), { timeout: 30_000 })
  const shop = runtime.clients('shop', { bff: customerBff.client }, { authorizer: customer.name, caller: anna }) as Shop
  const ops = runtime.clients('ops', { bff: opsBff.client }, { authorizer: operator.name, caller: olga }) as Ops
  const placed = await shop.bff.order({ body: { lines: [{ productId: 'tea', quantity: 1 }] }, once: 'one' })
  expect(placed).toMatchObject({ ok: true })
  await ops.bff.updateProduct({ params: { productId: 'tea' }, body: { name: 'Green tea' } })
  await ops.bff.stockUp({ params: { productId: 'tea' }, body: { units: 3 } })
  const day = new Date().toISOString().slice(0, 10)
  await vi.waitFor(
    async () => {
      expect(await ops.bff.inbox({ params: { day } })).toMatchObject({ value: { notices: [{}] } })
      expect(await shop.bff.product({ params: { productId: 'tea' } })).toMatchObject({ value: { name: 'Green tea' } })
      expect(await shop.bff.myOrders({})).toMatchObject({ value: { items: [{}] } })
    },
    { timeout: 60_000, interval: 500 },
  )
}

// What was asked for, as far as the test uses it.
interface Seeded {
  readonly products: { put(item: object): PromiseLike<unknown> }
}
type Ask = (request: object) => Promise<unknown>
interface Shop {
  readonly bff: { readonly order: Ask; readonly myOrders: Ask; readonly product: Ask }
}
interface Ops {
  readonly bff: { readonly updateProduct: Ask; readonly stockUp: Ask; readonly inbox: Ask }
}
