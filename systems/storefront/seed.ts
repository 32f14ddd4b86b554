/**
 * Sample data: an assortment with pictures, and three people with their development keys. Run again, it adds nothing: a
 * product that is there stays as it is, with the stock that is left of it.
 */
import { seed } from 'groundplan'
import { newProduct, newProductUses } from './backend/new-product.ts'
import { shopKeys } from './callers.ts'
import { pictures } from './resources.ts'
import { assortment, type Sample } from './sample/assortment.ts'
import { pictureOf } from './sample/picture.ts'

/** For development alone: who reads this file can use these keys. */
const people = [
  { account: 'anna', scope: 'customer', secret: 'development-anna' },
  { account: 'ben', scope: 'customer', secret: 'development-ben' },
  { account: 'olga', scope: 'operator', secret: 'development-olga' },
] as const

/** Written at the same time. */
const atOnce = 32

export default seed({
  uses: { ...newProductUses, pictures: pictures.writer, keys: shopKeys.keys.writer },
  async handle({ at }, { pictures, keys, ...clients }) {
    const all = assortment()
    for (let from = 0; from < all.length; from += atOnce) {
      await Promise.all(all.slice(from, from + atOnce).map(each => add(each)))
    }
    const lines: string[] = []
    for (const { account, scope, secret } of people) {
      const key = { account, name: 'development', scopes: [scope], rate: 'person' }
      const { text } = await shopKeys.issue(keys, key, at, secret)
      lines.push(`${scope} ${account}: x-api-key ${text}`)
    }
    return lines

    /** The picture first: a product never shows one that is not there. */
    async function add(sample: Sample): Promise<void> {
      const { productId, name, description, category, cents, stock } = sample
      if (await clients.products.get({ productId })) return
      const picture = `${productId}-1.svg`
      await pictures.put(picture, pictureOf(sample), { type: 'image/svg+xml' })
      const changes = { name, description, category, picture, price: { amount: cents, currency: 'EUR' } }
      const first = { stock, by: 'sample data', at: at.toISOString(), movementId: 'first' }
      await newProduct(productId, changes, first, clients)
    }
  },
})
