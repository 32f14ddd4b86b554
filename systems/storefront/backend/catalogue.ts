/**
 * The catalogue that customers see: views of the products, one in the orders it is browsed in, one under its words. The
 * gauges say how far they are behind.
 */
import { endpoint, view } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { entryOf, FoundEntry, foundUnder, ShelvedEntry } from '../model/catalogue.ts'
import { products } from '../resources.ts'

export const catalogue = view('catalogue', {
  from: products,
  item: ShelvedEntry,
  key: ['productId'],
  indexes: {
    name: ['shelf', 'name'],
    price: ['shelf', 'cents'],
    category: ['shelf', 'category'],
    nameIn: ['category', 'name'],
    priceIn: ['category', 'cents'],
  },
  project: product =>
    product.retired ? undefined : { ...entryOf(product), shelf: product.shelf, cents: product.price.amount },
})

export const words = view('catalogue-words', {
  from: products,
  item: FoundEntry,
  key: ['initial', 'place'],
  project: product => (product.retired ? undefined : [...foundUnder(product)]),
})

const Lag = z.object({
  lagMs: z.int().describe('how long the oldest change that is not in it has waited'),
  waiting: z.int().describe('changes that are not in it'),
  dead: z.int().describe('changes that could not be taken in'),
})
export const CatalogueLag = z.object({ catalogue: Lag, words: Lag })

export const catalogueLag = endpoint('GET /catalogue/lag', {
  summary: 'How far the catalogue is behind the products',
  caller: operator,
  returns: CatalogueLag,
  uses: { catalogue: catalogue.gauge, words: words.gauge },
  handle: async (_call, { catalogue, words }) => ({ catalogue: await catalogue.lag(), words: await words.lag() }),
})
