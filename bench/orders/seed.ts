/** Products that nobody buys empty, and a customer. */
import { seed } from 'groundplan'
import { newProduct, newProductUses } from '../../systems/storefront/backend/new-product.ts'
import { people } from '../../systems/storefront/callers.ts'

export default seed({
  uses: { ...newProductUses, accounts: people.database.writer },
  async handle({ at }, { accounts, ...clients }) {
    for (let n = 0; n < 50; n++) {
      const changes = { name: `Product ${n}`, category: 'all', price: { amount: 999, currency: 'EUR' } }
      const first = { stock: 1_000_000, by: 'bench', at: at.toISOString(), movementId: 'first' }
      await newProduct(`product-${n}`, changes, first, clients)
    }
    const password = 'development-anna'
    const anna = { userId: 'anna', name: 'Anna', email: 'anna@example.org', password }
    await people.enrol(accounts, at, { ...anna, roles: ['customer'], development: true })
    return []
  },
})
