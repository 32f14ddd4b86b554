/**
 * A rush of orders while the process that takes them is killed again and again. Whoever hears nothing asks again under
 * the same key; operations rename products meanwhile. In the end there is no order without stock and no stock without
 * order, each key has one order, and everything that follows from orders and products (inbox, mails, catalogue) agrees.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { seed } from 'groundplan'
import { type EmbeddedTarget, embedded } from 'groundplan/embedded'
import { type Asking, type Heard, type Mortal, mortal } from 'groundplan/process'
import type { z } from 'zod'
import { catalogue } from '../backend/catalogue.ts'
import { newProduct, newProductUses } from '../backend/new-product.ts'
import { people } from '../callers.ts'
import type { CatalogueEntry } from '../model/catalogue.ts'
import { type Order, type OrderEvent, rebuiltOrder } from '../model/orders.ts'
import { type Movement, type Product, type ProductEvent, rebuiltProduct } from '../model/products.ts'
import type { KeptFact } from '../model/sales.ts'
import storefront from '../plan.ts'
import { inbox, orderLog, orders, productLog, products, sales, stockLog } from '../resources.ts'

export interface RushReport {
  readonly kills: number
  readonly placed: number
  readonly soldOut: number
  /** Names that operations gave. */
  readonly renamed: number
  readonly askedAgain: number
}

export interface Rush {
  /** The folder of the repository. */
  readonly root: string
  /** The folder of the data. */
  readonly data: string
  readonly kills: number
  readonly customers: number
  readonly ordersEach: number
  /** Numbers from 0 to 1, by which products, quantities and moments are chosen. */
  readonly random: () => number
}

const assortment = ['body', 'lens', 'tripod', 'bag', 'card', 'strap']

/** Throws at the first thing that is not as it was told. */
export async function orderUnderKills(rush: Rush): Promise<RushReport> {
  const prepared = await prepare(rush)
  await using shop = await mortal({ system: 'storefront', root: rush.root, data: rush.data })
  // Before it is killed: who is interrupted ten times while signing in has no attempts left, and this is about orders.
  for (const person of new Set([prepared.operator, ...prepared.customers])) {
    person.token = signedIn(shop, person)
    await person.token
  }
  const done = { ended: false }
  const [asked, renamed] = await Promise.all([
    orderAll(shop, rush, prepared).finally(() => {
      done.ended = true
    }),
    renameAll(shop, prepared, done),
  ])
  const { kills, askedAgain } = shop
  must((await shop.stop()) === 0, 'it did not stop as it should')
  await compare(rush, shop, prepared.stock, asked, renamed.names)
  const placed = asked.filter(({ order }) => order).length
  return { kills, placed, soldOut: asked.length - placed, renamed: renamed.count, askedAgain }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

// ---------- before

interface Prepared {
  /** Of each product in the beginning: less than is asked for. */
  readonly stock: number
  readonly customers: readonly Person[]
  readonly operator: Person
}

/** Somebody who signs in, and again when nobody knows them any more. */
interface Person {
  readonly email: string
  /** Of the last sign-in, which several may wait for. */
  token?: Promise<string>
}

const password = 'a password of the tests'
/** Accounts, each with several who order at the same time. */
const households = 2

/** Products and people, put there by the plan itself. */
async function prepare({ data, customers, ordersEach }: Rush): Promise<Prepared> {
  const stock = Math.floor((customers * ordersEach * 1.5) / assortment.length)
  const target = opened(data)
  try {
    const runtime = await target.start(storefront, { settings: {}, secrets: {} })
    const { uses, handle } = seed({
      uses: { ...newProductUses, accounts: people.database.writer },
      async handle({ at, newId }, { accounts, ...clients }) {
        for (const productId of assortment) {
          const changes = { name: `${productId} 0`, category: 'all', price: { amount: 4_900, currency: 'EUR' } }
          await newProduct(
            productId,
            changes,
            { stock, by: 'test', at: at.toISOString(), movementId: newId() },
            clients,
          )
        }
        const enrol = async (name: string, role: 'customer' | 'operator'): Promise<string> => {
          const email = `${name}@example.org`
          await people.enrol(accounts, at, { userId: name, name, email, password, roles: [role] })
          return email
        }
        const emails = [await enrol('olga', 'operator')]
        for (let n = 0; n < households; n++) emails.push(await enrol(`customer-${n}`, 'customer'))
        return emails
      },
    })
    const emails = (await runtime.as('test', uses, handle)) as string[]
    const [operator, ...others] = emails.map((email): Person => ({ email }))
    const seats = Array.from({ length: customers }, (_, n) => others.slice(n % households, (n % households) + 1)).flat()
    return { stock, customers: seats, operator: operator ?? { email: '' } }
  } finally {
    await target.stop(1_000)
  }
}

function opened(data: string, clock?: Mortal['clock']): EmbeddedTarget {
  const folder = join(data, 'data')
  return embedded({ folder, baseUrl: 'http://localhost', logs: () => {}, ...(clock ? { clock } : {}) })
}

// ---------- the rush

/** What somebody asked for under one key, and the order; none where it was sold out. */
interface Asked {
  readonly productId: string
  readonly quantity: number
  readonly order: Order | undefined
}

async function orderAll(shop: Mortal, rush: Rush, { customers }: Prepared): Promise<readonly Asked[]> {
  const { ordersEach, kills, random } = rush
  const total = customers.length * ordersEach
  // The moments at which it is killed: one somewhere in each part of the answers.
  const moments = Array.from({ length: kills }, (_, at) => Math.floor(((at + random()) * total) / kills))
  const all: Asked[] = []
  const customer = async (person: Person, number: number): Promise<void> => {
    for (let n = 0; n < ordersEach; n++) {
      const productId = assortment[Math.floor(random() * assortment.length)] ?? ''
      const quantity = 1 + Math.floor(random() * 3)
      const line = { productId, quantity }
      const due = all.length >= (moments[0] ?? Number.POSITIVE_INFINITY)
      if (due) moments.shift()
      // In turn at the very moment that it answers, and at any.
      const atAnswer = due && moments.length % 2 === 0
      const asked = { path: ordersPath, once: `${number}-${n}`, body: { lines: [line] } }
      const heard = await asking(shop, person, asked, init =>
        atAnswer ? shop.killAtAnswer(ordersPath, init) : shop.ask(ordersPath, init),
      )
      all.push({ ...line, order: orderIn(heard) })
      if (due && !atAnswer) await shop.kill()
    }
  }
  await Promise.all(customers.map(customer))
  // Moments that came while it was down.
  for (const _moment of moments) await shop.kill()
  return all
}

const ordersPath = '/api/storefront/customer/orders'

interface Wanted {
  readonly path: string
  readonly once: string
  readonly body: object
  readonly method?: string
}

/** Asks as somebody, who signs in first where that is due: when a sign-in has ended. */
async function asking(
  shop: Mortal,
  person: Person,
  wanted: Wanted,
  ask = (init: Asking) => shop.ask(wanted.path, init),
): Promise<Heard> {
  person.token ??= signedIn(shop, person)
  const shown = person.token
  const heard = await ask(posted(await shown, wanted))
  if (heard.status !== 401) return heard
  if (person.token === shown) person.token = signedIn(shop, person)
  return await shop.ask(wanted.path, posted(await person.token, wanted))
}

async function signedIn(shop: Mortal, { email }: Person): Promise<string> {
  const body = JSON.stringify({ email, password, deliver: 'body' })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const heard = await shop.ask('/api/storefront/accounts/sign-in', init)
  const { tokens } = heard.body as { readonly tokens?: { readonly accessToken: string } }
  must(tokens !== undefined, `${email} was not let in: ${heard.status} ${JSON.stringify(heard.body)}`)
  return tokens?.accessToken ?? ''
}

function posted(token: string, { once, body, method = 'POST' }: Wanted): Asking {
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': once, 'content-type': 'application/json' }
  return { method, headers, body: JSON.stringify(body) }
}

function orderIn({ status, body }: Heard): Order | undefined {
  if (status === 201) return body as Order
  const { code } = body as { readonly code?: string }
  must(code === 'sold-out', `an order was answered with ${status}: ${JSON.stringify(body)}`)
  return undefined
}

interface Renamed {
  readonly count: number
  /** The last name that was taken, by product. */
  readonly names: ReadonlyMap<string, string>
}

/** Operations give the products new names, one after the other, as orders come in. */
async function renameAll(shop: Mortal, { operator }: Prepared, done: { readonly ended: boolean }): Promise<Renamed> {
  const names = new Map(assortment.map(productId => [productId, `${productId} 0`]))
  let count = 0
  for (; !done.ended; count++) {
    const productId = assortment[count % assortment.length] ?? ''
    const name = `${productId} ${count + 1}`
    const path = `/api/storefront/ops/products/${productId}`
    const { status, body } = await asking(shop, operator, {
      path,
      once: `name-${count}`,
      body: { name },
      method: 'PUT',
    })
    must(status === 202, `a name was answered with ${status}: ${JSON.stringify(body)}`)
    names.set(productId, name)
    await pause(shop.clock, 25)
  }
  return { count, names }
}

function pause(clock: Mortal['clock'], ms: number): Promise<void> {
  return new Promise<void>(resolve => clock.at(clock.now() + ms, resolve))
}

// ---------- after

/** All that is kept, read by the plan itself. */
interface Kept {
  readonly orders: readonly Order[]
  readonly products: readonly Product[]
  readonly entries: readonly CatalogueEntry[]
  readonly notices: readonly { readonly orderId: string }[]
  readonly orderEvents: readonly OrderEvent[]
  readonly productEvents: readonly ProductEvent[]
  readonly movements: readonly Movement[]
  readonly facts: readonly z.output<typeof KeptFact>[]
}

const look = seed({
  uses: {
    ...{ orders: orders.scanner, products: products.scanner, entries: catalogue.scanner, notices: inbox.scanner },
    ...{ orderLog: orderLog.scanner, productLog: productLog.scanner, stockLog: stockLog.scanner, sales: sales.scanner },
  },
  async handle(_call, { orders, products, entries, notices, orderLog, productLog, stockLog, sales }) {
    const kept: Kept = {
      orderEvents: await all(page => orderLog.scan(page)),
      productEvents: await all(page => productLog.scan(page)),
      movements: await all(page => stockLog.scan(page)),
      facts: await all(page => sales.scan(page)),
      orders: await all(page => orders.scan(page)),
      products: await all(page => products.scan(page)),
      entries: await all(page => entries.scan(page)),
      notices: await all(page => notices.scan(page)),
    }
    return [JSON.stringify(kept)]
  },
})

type Page<T> = { readonly items: readonly T[]; readonly after?: string | undefined }

async function all<T>(scan: (page: { limit: number; after?: string }) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await scan({ limit: 500, ...(after === undefined ? {} : { after }) })
    items.push(...page.items)
    after = page.after
  } while (after !== undefined)
  return items
}

async function compare(
  { data }: Rush,
  { clock }: Mortal,
  stock: number,
  asked: readonly Asked[],
  names: ReadonlyMap<string, string>,
): Promise<void> {
  const target = opened(data, clock)
  try {
    const runtime = await target.start(storefront, { settings: {}, secrets: {} })
    const kept = async (): Promise<Kept> => {
      const [text = ''] = (await runtime.as('test', look.uses, look.handle)) as string[]
      return JSON.parse(text)
    }
    compareOrders(asked, await kept(), stock)
    compareLogs(await kept())
    const mails = async () => (await target.started[0]?.drivers.mail.sent?.(asked.length * 2)) ?? []
    const latestMs = clock.now() + 30_000
    for (;;) {
      const wrong = disagreement(await kept(), await mails(), names)
      if (wrong === undefined) return
      must(clock.now() < latestMs, wrong)
      await pause(clock, 50)
    }
  } finally {
    await target.stop(1_000)
  }
}

/** Orders and stock, which no event has to make true. */
function compareOrders(asked: readonly Asked[], { orders, products }: Kept, stock: number): void {
  const told = asked.flatMap(({ order }) => (order ? [order] : []))
  const kept = new Map(orders.map(order => [order.orderId, order]))
  must(new Set(told.map(({ orderId }) => orderId)).size === told.length, 'two keys have one order')
  for (const order of told) {
    must(JSON.stringify(kept.get(order.orderId)) === JSON.stringify(order), `the order ${order.orderId} is not there`)
  }
  must(orders.length === told.length, `${orders.length} orders are there, and ${told.length} were told`)
  for (const { productId, stock: left } of products) {
    const sold = soldOf(productId, orders)
    must(left >= 0 && left === stock - sold, `of ${stock} × ${productId}, ${sold} are ordered and ${left} are left`)
    const refused = asked.find(each => !each.order && each.productId === productId && each.quantity <= left)
    must(!refused, `${refused?.quantity} × ${productId} was sold out, and ${left} are left`)
  }
}

function soldOf(productId: string, orders: readonly Order[]): number {
  const lines = orders.flatMap(order => order.lines).filter(line => line.productId === productId)
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** What the logs make of orders and products is what is kept. */
function compareLogs({ orders, products, orderEvents, productEvents, movements }: Kept): void {
  for (const order of orders) {
    const events = orderEvents.filter(({ orderId }) => orderId === order.orderId)
    must(isDeepStrictEqual(rebuiltOrder(events), order), `the events of the order ${order.orderId} make another`)
  }
  for (const { revision: _counted, ...product } of products) {
    const mine = <T extends { readonly productId: string }>(all: readonly T[]) =>
      all.filter(({ productId }) => productId === product.productId)
    const { revision: _none, ...rebuilt } = rebuiltProduct(mine(productEvents), mine(movements)) ?? { revision: 0 }
    must(isDeepStrictEqual(rebuilt, product), `the events of ${product.productId} make another product`)
  }
}

const newOrder = 'New order '

/** What follows from events and changes: the first that does not agree yet. */
function disagreement(
  { orders, products, entries, notices, facts }: Kept,
  mails: readonly { readonly subject: string }[],
  names: ReadonlyMap<string, string>,
): string | undefined {
  const noted = notices.map(({ orderId }) => orderId).sort()
  const ids = orders.map(({ orderId }) => orderId).sort()
  if (noted.join() !== ids.join()) return `${ids.length} orders, and ${noted.length} notices in the inbox`
  // Alarms write too: by the clocks of these processes the catalogue is minutes behind.
  const mailed = mails
    .flatMap(({ subject }) => (subject.startsWith(newOrder) ? subject.slice(newOrder.length) : []))
    .sort()
  if (mailed.join() !== ids.join()) return `${ids.length} orders, and ${mailed.length} mails`
  for (const { productId, name, stock } of products) {
    const counted = facts
      .filter(({ of }) => of.startsWith(`${productId} `))
      .reduce((sum, fact) => sum + fact.orderedUnits, 0)
    if (counted !== soldOf(productId, orders)) return `${counted} × ${productId} are in the figures`
    if (name !== names.get(productId)) return `${productId} is called "${name}", not "${names.get(productId)}"`
    const entry = entries.find(each => each.productId === productId)
    if (entry?.name !== name) return `in the catalogue ${productId} is called "${entry?.name}", not "${name}"`
    if (entry.available !== stock > 0) return `the catalogue says that ${productId} is there: ${entry.available}`
  }
  return undefined
}
