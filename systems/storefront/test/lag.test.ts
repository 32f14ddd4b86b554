/**
 * S7: how far the catalogue is behind, while orders come in: as its page shows it to who looks from outside, and as the
 * system measures it itself. A process of its own on disk, over HTTP.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { seed } from 'groundplan'
import { embedded } from 'groundplan/embedded'
import { type Mortal, mortal } from 'groundplan/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newProduct, newProductUses } from '../backend/new-product.ts'
import { people } from '../callers.ts'
import storefront from '../plan.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'accounts', 'drivers/postgres', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

const password = 'twelve letters and more'
const bestsellers = 5
const sample = seed({
  uses: { ...newProductUses, accounts: people.database.writer },
  async handle({ at }, { accounts, ...clients }) {
    const add = (productId: string, stock: number) => {
      const changes = { name: productId, category: 'all', price: { amount: 999, currency: 'EUR' } }
      return newProduct(productId, changes, { stock, by: 'test', at: at.toISOString(), movementId: 'first' }, clients)
    }
    for (let n = 0; n < bestsellers; n++) await add(`bestseller-${n}`, 1_000_000)
    await add('last', 1)
    for (const [userId, role] of [['anna', 'customer'] as const, ['olga', 'operator'] as const]) {
      const email = `${userId}@example.org`
      await people.enrol(accounts, at, { userId, name: userId, email, password, roles: [role] })
    }
    return []
  },
})

const api = '/api/storefront'
const json = { 'content-type': 'application/json' }

async function tokenOf(shop: Mortal, name: string): Promise<string> {
  const body = JSON.stringify({ email: `${name}@example.org`, password, deliver: 'body' })
  const heard = await shop.ask(`${api}/accounts/sign-in`, { method: 'POST', headers: json, body })
  return (heard.body as { readonly tokens: { readonly accessToken: string } }).tokens.accessToken // as its schema says
}

/** So many orders, sixteen at a time, each as soon as the one before it is answered. */
async function ordered(shop: Mortal, many: number): Promise<void> {
  const authorization = `Bearer ${await tokenOf(shop, 'anna')}`
  let left = many
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const body = JSON.stringify({ lines: [{ productId: `bestseller-${left % bestsellers}`, quantity: 1 }] })
      const headers = { ...json, authorization, 'idempotency-key': `order-${left}` }
      const { status } = await shop.ask(`${api}/customer/orders`, { method: 'POST', headers, body })
      if (status !== 201) throw new Error(`an order was answered with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, caller))
}

/** Sells and brings the last one again and again, until `isOver`: how long the catalogue shows it otherwise, in ms. */
async function lagsUntil(shop: Mortal, isOver: () => boolean) {
  const authorization = `Bearer ${await tokenOf(shop, 'olga')}`
  const [seen, told]: [number[], number[]] = [[], []]
  for (let n = 0; !isOver(); n++) {
    const units = n % 2 === 0 ? -1 : 1
    const headers = { ...json, authorization, 'idempotency-key': `units-${n}` }
    const body = JSON.stringify({ units, reason: 'corrected' })
    const moved = await shop.ask(`${api}/ops/products/last/stock`, { method: 'POST', headers, body })
    expect(moved.status).toBe(200)
    const since = performance.now()
    while ((await isAvailable(shop)) !== units > 0) await wait(10)
    seen.push(performance.now() - since)
    const { body: lag } = await shop.ask(`${api}/ops/catalogue/lag`, { headers: { authorization } })
    told.push((lag as { readonly catalogue: { readonly lagMs: number } }).catalogue.lagMs) // as its schema says
    await wait(50)
  }
  return { seen, told }
}

async function isAvailable(shop: Mortal): Promise<boolean> {
  const { body } = await shop.ask(`${api}/customer/catalogue/last`)
  return (body as { readonly available: boolean }).available // as its schema says
}

describe('storefront: the catalogue under load', { timeout: 300_000 }, () => {
  let data = ''
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'storefront-lag-'))
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: root })
    const target = embedded({ folder: join(data, 'data'), baseUrl: 'http://localhost', logs: () => {} })
    const runtime = await target.start(storefront, { settings: {}, secrets: {} })
    await runtime.as('seed', sample.uses, sample.handle)
    await target.stop(5_000)
  }, 400_000)
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  // Again, where the machine itself stood still for a second.
  it('S7: is at most a second behind its products, as seen from outside and as it says itself', {
    retry: 2,
  }, async () => {
    await using shop = await mortal({ system: 'storefront', root, data })
    let isOver = false
    const [{ seen, told }] = await Promise.all([
      lagsUntil(shop, () => isOver),
      ordered(shop, 1_000).finally(() => {
        isOver = true
      }),
    ])
    console.info(`${seen.length} changes seen after at most ${Math.max(...seen).toFixed(0)} ms`)
    expect(seen.length).toBeGreaterThan(10)
    expect(Math.max(...seen)).toBeLessThan(1_000)
    expect(Math.max(...told)).toBeLessThan(1_000)
  })
})
