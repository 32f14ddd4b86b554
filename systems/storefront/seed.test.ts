import { testbed } from 'groundplan/testbed'
import { expect, it } from 'vitest'
import { shopKeys } from './callers.ts'
import plan from './plan.ts'
import { products } from './resources.ts'
import sampleData from './seed.ts'

const categories = ['cameras', 'lenses', 'accessories']

it('The sample data are a dozen products in three categories, and a key for each of three people', async () => {
  await using bed = await testbed(plan)
  const lines = await bed.seed(sampleData)
  await bed.settled()
  const pages = await Promise.all(categories.map(category => bed.gateways.customer.browse({ params: { category } })))
  expect(pages.flatMap(({ value }) => value.items)).toHaveLength(12)
  expect(lines.map(line => line.replace(/_.*/, '_…'))).toEqual([
    'customer anna: x-api-key shop_…',
    'customer ben: x-api-key shop_…',
    'operator olga: x-api-key shop_…',
  ])
})

it('A key of the sample data lets its person in', async () => {
  await using bed = await testbed(plan)
  const [anna = '', , olga = ''] = (await bed.seed(sampleData)).map(line => line.split('x-api-key ')[1] ?? '')
  const order = { body: { productId: 'tripod', quantity: 2 } }
  const placed = await bed.with({ 'x-api-key': anna }).customer.order(order)
  expect(placed).toMatchObject({ ok: true, value: { customerId: 'anna', state: 'placed' } })
  await bed.settled()
  const board = await bed.with({ 'x-api-key': olga }).ops.board({ query: {} })
  expect(board.value.items).toHaveLength(1)
})

it('Sowing twice doubles nothing and does not put sold stock back', async () => {
  await using bed = await testbed(plan)
  const { stock, keys } = bed.uses({ stock: products.writer, keys: shopKeys.keys.scanner })
  const first = await bed.seed(sampleData)
  await stock.add({ productId: 'tripod' }, { stock: -80 }, { floor: 0 })
  expect(await bed.seed(sampleData)).toEqual(first)
  await bed.settled()
  expect(await stock.get({ productId: 'tripod' })).toMatchObject({ stock: 0, revision: 2 })
  expect((await keys.scan()).items).toHaveLength(3)
})
