import { quickHashes, template } from '@groundplan/accounts/test/quick'
import { testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import { rebuiltProduct } from './model/products.ts'
import plan from './plan.ts'
import { productLog, products, stockLog } from './resources.ts'
import { assortment } from './sample/assortment.ts'
import { pictureOf } from './sample/picture.ts'
import sampleData, { sampleProducts } from './seed.ts'

quickHashes()

describe('The sample data', () => {
  it('are more than 200 products in twelve categories, each with a picture', async () => {
    await using bed = await testbed(plan, { throttle: false })
    expect(await bed.seed(sampleProducts)).toEqual([])
    await bed.settled()
    const { categories } = (await bed.gateways.customer.categories()).value
    expect(categories).toHaveLength(12)
    expect(categories).toEqual([...categories].sort())
    const names = new Set<string>()
    let after: string | undefined
    do {
      const { value } = await bed.gateways.customer.browse({ query: { limit: 100, after } })
      for (const { name, picture = '' } of value.items) {
        names.add(name)
        expect(await bed.gateways.customer.picture({ params: { picture } })).toMatchObject({ ok: true })
      }
      after = value.after
    } while (after !== undefined)
    expect(names.size).toBe(217)
  })

  it('S2: let their people in on this machine, each through its own door; sown twice they are the same', {
    timeout: 60_000,
  }, async () => {
    await using bed = await testbed(plan, { databaseTemplate: template })
    const said = await bed.seed(sampleData)
    expect(said).toEqual([
      'customer Anna: anna@example.org, password development-anna',
      'customer Ben: ben@example.org, password development-ben',
      'operator Olga: olga@example.org, password development-olga',
    ])
    expect(await bed.seed(sampleData)).toEqual(said)
    const signedIn = async (name: string) => {
      const body = { email: `${name}@example.org`, password: `development-${name}`, deliver: 'body' as const }
      const reply = await bed.gateways.accounts.signIn({ body })
      const token = reply.ok && 'tokens' in reply.value ? reply.value.tokens?.accessToken : undefined
      return bed.with({ authorization: `Bearer ${token}` })
    }
    const order = { body: { lines: [{ productId: 'orrin-travel-tripod', quantity: 2 }] } }
    const anna = await signedIn('anna')
    expect(await anna.customer.order(order)).toMatchObject({ ok: true, value: { customerId: 'anna', state: 'placed' } })
    await bed.settled()
    await expect(anna.ops.board({})).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(bed.gateways.customer.myOrders({})).rejects.toMatchObject({ code: 'not-authenticated' })
    const olga = await signedIn('olga')
    expect((await olga.ops.board({ query: {} })).value.items).toHaveLength(1)
    await expect(olga.customer.myOrders({})).rejects.toMatchObject({ code: 'not-allowed' })
  })

  it('refuse their people where the shop is open to others', { timeout: 60_000 }, async () => {
    await using bed = await testbed(plan, {
      settings: { 'shop-address': 'https://shop.example.org' },
      databaseTemplate: template,
    })
    await bed.seed(sampleData)
    const body = { email: 'olga@example.org', password: 'development-olga', deliver: 'body' as const }
    expect(await bed.gateways.accounts.signIn({ body })).toMatchObject({ ok: false })
  })

  it('are not doubled by sowing twice, nor is sold stock put back', async () => {
    await using bed = await testbed(plan)
    const { stock } = bed.uses({ stock: products.writer })
    await bed.seed(sampleProducts)
    await stock.add({ productId: 'last-camera' }, { stock: -1 }, { floor: 0 })
    await bed.seed(sampleProducts)
    await bed.settled()
    expect(await stock.get({ productId: 'last-camera' })).toMatchObject({ stock: 0, revision: 2 })
  })

  it('S8: have their events, from which each product can be rebuilt', async () => {
    await using bed = await testbed(plan)
    await bed.seed(sampleProducts)
    const clients = bed.uses({ products: products.scanner, events: productLog.reader, moves: stockLog.reader })
    const { items } = await clients.products.scan({ limit: 500 })
    expect(items).toHaveLength(217)
    for (const { revision: _counted, ...product } of items) {
      const { productId } = product
      const events = (await clients.events.query({ productId })).items
      const moves = (await clients.moves.query({ productId })).items
      expect({ ...rebuiltProduct(events, moves), revision: undefined }).toEqual({ ...product, revision: undefined })
    }
  })

  it('draw each product, the same each time, no two alike', () => {
    const pictures = assortment().map(pictureOf)
    expect(new Set(pictures).size).toBe(217)
    expect(assortment().map(pictureOf)).toEqual(pictures)
    for (const picture of pictures) {
      expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 640 480"/)
      expect(picture.length).toBeLessThan(8_000)
      expect(picture).not.toMatch(/undefined|NaN|script|href/)
    }
  })
})
