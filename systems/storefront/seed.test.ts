import { testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import { shopKeys } from './callers.ts'
import { rebuiltProduct } from './model/products.ts'
import plan from './plan.ts'
import { productLog, products, stockLog } from './resources.ts'
import { assortment } from './sample/assortment.ts'
import { pictureOf } from './sample/picture.ts'
import sampleData from './seed.ts'

describe('The sample data', () => {
  it('are more than 200 products in twelve categories, each with a picture, and a key for each of three people', async () => {
    await using bed = await testbed(plan)
    const lines = await bed.seed(sampleData)
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
    expect(lines.map(line => line.replace(/_.*/, '_…'))).toEqual([
      'customer anna: x-api-key shop_…',
      'customer ben: x-api-key shop_…',
      'operator olga: x-api-key shop_…',
    ])
  })

  it('let their people in by their keys', async () => {
    await using bed = await testbed(plan)
    const [anna = '', , olga = ''] = (await bed.seed(sampleData)).map(line => line.split('x-api-key ')[1] ?? '')
    const order = { body: { lines: [{ productId: 'orrin-travel-tripod', quantity: 2 }] } }
    const placed = await bed.with({ 'x-api-key': anna }).customer.order(order)
    expect(placed).toMatchObject({ ok: true, value: { customerId: 'anna', state: 'placed' } })
    await bed.settled()
    const board = await bed.with({ 'x-api-key': olga }).ops.board({ query: {} })
    expect(board.value.items).toHaveLength(1)
  })

  it('are not doubled by sowing twice, nor is sold stock put back', async () => {
    await using bed = await testbed(plan)
    const { stock, keys } = bed.uses({ stock: products.writer, keys: shopKeys.keys.scanner })
    const first = await bed.seed(sampleData)
    await stock.add({ productId: 'last-camera' }, { stock: -1 }, { floor: 0 })
    expect(await bed.seed(sampleData)).toEqual(first)
    await bed.settled()
    expect(await stock.get({ productId: 'last-camera' })).toMatchObject({ stock: 0, revision: 2 })
    expect((await keys.scan()).items).toHaveLength(3)
  })

  it('S8: have their events, from which each product can be rebuilt', async () => {
    await using bed = await testbed(plan)
    await bed.seed(sampleData)
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
