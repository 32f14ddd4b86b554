/**
 * Sample data: a dozen products in three categories, and three people with their development keys. Run again, it adds
 * nothing: a product that is there stays as it is, with the stock that is left of it.
 */
import { seed } from 'groundplan'
import { shopKeys } from './callers.ts'
import { products } from './resources.ts'

/** Product, name, price in cents, stock. */
type Row = readonly [productId: string, name: string, cents: number, stock: number]

const assortment: Readonly<Record<string, readonly Row[]>> = {
  cameras: [
    ['pocket-camera', 'Pocket camera', 24_900, 40],
    ['system-camera', 'System camera', 89_900, 25],
    ['instant-camera', 'Instant camera', 12_900, 60],
    ['last-camera', 'The last of its kind', 149_900, 1],
  ],
  lenses: [
    ['wide-lens', 'Wide-angle lens 24 mm', 44_900, 30],
    ['portrait-lens', 'Portrait lens 85 mm', 59_900, 20],
    ['zoom-lens', 'Zoom lens 70–200 mm', 129_900, 12],
    ['macro-lens', 'Macro lens 100 mm', 69_900, 15],
  ],
  accessories: [
    ['tripod', 'Travel tripod', 15_900, 80],
    ['camera-bag', 'Camera bag', 8_900, 120],
    ['memory-card', 'Memory card 128 GB', 2_900, 500],
    ['battery', 'Spare battery', 4_900, 200],
  ],
}

/** For development alone: who reads this file can use these keys. */
const people = [
  { account: 'anna', scope: 'customer', secret: 'development-anna' },
  { account: 'ben', scope: 'customer', secret: 'development-ben' },
  { account: 'olga', scope: 'operator', secret: 'development-olga' },
] as const

export default seed({
  uses: { products: products.writer, keys: shopKeys.keys.writer },
  async handle({ at }, { products, keys }) {
    const rows = Object.entries(assortment).flatMap(([category, of]) => of.map(row => [category, ...row] as const))
    for (const [category, productId, name, cents, stock] of rows) {
      const price = { amount: cents, currency: 'EUR' }
      await products.insert({ productId, name, category, price, stock }).or(undefined)
    }
    const lines: string[] = []
    for (const { account, scope, secret } of people) {
      const key = { account, name: 'development', scopes: [scope], rate: 'person' }
      const { text } = await shopKeys.issue(keys, key, at, secret)
      lines.push(`${scope} ${account}: x-api-key ${text}`)
    }
    return lines
  },
})
