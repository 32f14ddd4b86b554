import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import counter from '../../../systems/counter/plan.ts'
import storefront from '../../../systems/storefront/plan.ts'
import shopSeed from '../../../systems/storefront/seed.ts'
import { sleep } from '../contract/clock.ts'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { type Served, serve } from '../http/node.ts'
import { type EmbeddedTarget, embedded } from './embedded.ts'
import { sellUnderKills } from './test/sales.ts'

/** Both systems on a folder, behind one door. */
async function opened(folder: string): Promise<{ readonly target: EmbeddedTarget; readonly served: Served }> {
  const target = embedded({ folder, baseUrl: 'http://localhost', logs: () => {} })
  const runtimes = [
    await target.start(counter, { settings: {}, secrets: {} }),
    await target.start(storefront, { settings: {}, secrets: {} }),
  ]
  const served = await serve(
    runtimes.map(({ door }) => door),
    { clock: target.clock, report: () => {} },
  )
  return { target, served }
}

type Json = Readonly<Record<string, unknown>>

describe('systems on disk', { timeout: 60_000 }, () => {
  let folder: ReturnType<typeof temporaryFolder>
  let now: Awaited<ReturnType<typeof opened>>

  const ask = async (path: string, { key, body, once }: { key?: string; body?: Json; once?: string } = {}) => {
    const headers = {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(once === undefined ? {} : { 'idempotency-key': once }),
    }
    const [, method = 'GET', rest = path] = /^(\w+) (.*)$/.exec(path) ?? []
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const response = await fetch(`${now.served.url}/api/${rest}`, init)
    return { status: response.status, body: (await response.json()) as Json }
  }
  const close = async (): Promise<void> => {
    await now.served.close(1_000)
    await now.target.stop(1_000)
  }
  const driversOf = (plan: string) => {
    const found = now.target.started.find(({ runtime }) => runtime.plan.name === plan)
    if (!found) throw new Error(`${plan} was not started`)
    return found.drivers
  }
  const mails = async () => driversOf('storefront').mail.sent?.(10) ?? []

  beforeEach(async () => {
    folder = temporaryFolder()
    now = await opened(folder.path)
  })
  afterEach(async () => {
    await close()
    folder.remove()
  })

  it('have everything after a stop: stock, order, view, inbox, mail, answers by their key, sales', async () => {
    const [, shop] = now.target.runtimes
    const said = (await shop?.as('seed', shopSeed.uses, shopSeed.handle)) as readonly string[]
    const keyOf = (who: string): string =>
      /x-api-key (\S+)/.exec(said.find(line => line.includes(who)) ?? '')?.[1] ?? ''
    const [anna, olga] = [keyOf('anna'), keyOf('olga')]
    const body = { productId: 'last-camera', quantity: 1 }
    const placed = await ask('POST storefront/customer/orders', { key: anna, body, once: 'the-order' })
    expect(placed.status).toBe(201)
    const sold = await ask('POST counter/decrement', { once: 'the-sale' })
    expect(sold.body).toEqual({ product: 'camera', left: 999 })
    while ((await mails()).length === 0) await sleep(now.target.clock, 10)

    await close()
    now = await opened(folder.path)

    expect(await ask('POST storefront/customer/orders', { key: anna, body, once: 'the-order' })).toEqual(placed)
    const again = await ask('POST storefront/customer/orders', { key: anna, body, once: 'another' })
    expect(again).toMatchObject({ status: 409, body: { code: 'sold-out' } })
    const mine = await ask('storefront/customer/orders', { key: anna })
    expect(mine.body).toMatchObject({ items: [{ orderId: placed.body.orderId, state: 'placed' }] })
    const day = new Date(String(placed.body.placedAt)).toISOString().slice(0, 10)
    const inbox = await ask(`storefront/ops/inbox/${day}`, { key: olga })
    expect(inbox.body).toMatchObject({ notices: [{ text: expect.stringContaining('anna') }] })
    expect(await mails()).toMatchObject([{ subject: `New order ${placed.body.orderId}` }])
    const product = await ask('storefront/customer/products/cameras/last-camera', { key: anna })
    expect(product.body).toMatchObject({ available: false })
    expect(await ask('POST counter/decrement', { once: 'the-sale' })).toEqual(sold)
    expect((await ask('counter/counter')).body).toEqual({ product: 'camera', left: 999 })
    expect((await ask('counter/sales')).body).toMatchObject({ sales: [{ product: 'camera' }] })
  })

  it('have a folder each, and are refused while another process has one', async () => {
    expect(readdirSync(folder.path).sort()).toEqual(['counter', 'storefront'])
    await expect(opened(folder.path)).rejects.toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining(join(folder.path, 'counter')),
    })
    expect((await ask('counter/counter')).status).toBe(200)
  })

  it('keep a secret that stays the same as it is, and make a new version of another', async () => {
    const target = embedded({ folder: join(folder.path, 'other'), baseUrl: 'http://localhost', logs: () => {} })
    const given = (value: string) => ({ settings: {}, secrets: { carrier: value } })
    for (const [value, version] of [
      ['one', 1],
      ['one', 1],
      ['two', 2],
    ] as const) {
      const again = embedded({ folder: join(folder.path, 'other'), baseUrl: 'http://localhost', logs: () => {} })
      await again.start(counter, given(value))
      expect(await again.started[0]?.drivers.vault.get('counter/secrets/carrier')).toMatchObject({ value, version })
      await again.stop(1_000)
    }
    await target.stop(0)
  })

  it('answer links to objects of their plan alone', async () => {
    const elsewhere = await now.target.follow(new Request('http://localhost/links/unknown?bucket=x'))
    expect(elsewhere).toBeUndefined()
    const ours = await now.target.follow(new Request('http://localhost/links/counter?bucket=x'))
    expect(ours?.status).toBe(403)
  })
})

describe('a shop that is killed while a crowd buys', { timeout: 120_000 }, () => {
  it('C14: sells each camera once: sold are as many as there are keys that heard so, and never more than there were', async () => {
    const folder = temporaryFolder()
    try {
      const selling = { folder: folder.path, kills: 5, clients: 200, salesEach: 6, random: Math.random }
      const report = await sellUnderKills(selling)
      expect(report).toMatchObject({ kills: 6, sold: 1_000, soldOut: 200 })
      expect(report.retries).toBeGreaterThan(0)
    } finally {
      folder.remove()
    }
  })
})
