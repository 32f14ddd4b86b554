/**
 * Sample data: an assortment with pictures, and three people who can sign in. Run again, it adds nothing: a
 * product that is there stays as it is, with the stock that is left of it.
 */
import { type Clients, seed } from 'groundplan'
import { newProduct, newProductUses } from './backend/new-product.ts'
import { people } from './callers.ts'
import { pictures } from './resources.ts'
import { assortment, type Sample } from './sample/assortment.ts'
import { pictureOf } from './sample/picture.ts'

/** For a first look: accounts that sign in on this machine alone, since who reads this file knows their passwords. */
const sampled = [
  { userId: 'anna', name: 'Anna', role: 'customer' },
  { userId: 'ben', name: 'Ben', role: 'customer' },
  { userId: 'olga', name: 'Olga', role: 'operator' },
] as const

/** Written at the same time. */
const atOnce = 32

const productUses = { ...newProductUses, pictures: pictures.writer }

/** The products alone. */
export const sampleProducts = seed({
  uses: productUses,
  async handle({ at }, clients) {
    await addProducts(at, clients)
    return []
  },
})

export default seed({
  uses: { ...productUses, accounts: people.database.writer },
  async handle({ at }, { accounts, ...clients }) {
    await addProducts(at, clients)
    const lines: string[] = []
    for (const { userId, name, role } of sampled) {
      const email = `${userId}@example.org`
      const password = `development-${userId}`
      await people.enrol(accounts, at, { userId, name, email, password, roles: [role], development: true })
      lines.push(`${role} ${name}: ${email}, password ${password}`)
    }
    return lines
  },
})

type ProductClients = Clients<typeof productUses>

async function addProducts(at: Date, clients: ProductClients): Promise<void> {
  const all = assortment()
  for (let from = 0; from < all.length; from += atOnce) {
    await Promise.all(all.slice(from, from + atOnce).map(each => add(each, at, clients)))
  }
}

/** The picture first: a product never shows one that is not there. */
async function add(sample: Sample, at: Date, { pictures, ...clients }: ProductClients): Promise<void> {
  const { productId, name, description, category, cents, stock } = sample
  if (await clients.products.get({ productId })) return
  const picture = `${productId}-1.svg`
  await pictures.put(picture, pictureOf(sample), { type: 'image/svg+xml' })
  const changes = { name, description, category, picture, price: { amount: cents, currency: 'EUR' } }
  const first = { stock, by: 'sample data', at: at.toISOString(), movementId: 'first' }
  await newProduct(productId, changes, first, clients)
}
