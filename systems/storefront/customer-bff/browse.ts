/**
 * Browsing: the catalogue read from its views, in the order asked for, until a page is full. A cursor is a position in
 * that order, so a page neither repeats nor passes over what stays where it is, whatever else comes and goes.
 */
import { anyone, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { catalogue, words } from '../backend/catalogue.ts'
import { Browsing, CatalogueEntry, initialOf, isFoundAt, isWanted, wordsOf } from '../model/catalogue.ts'
import { Category, ProductId, pageOf } from '../model/ids.ts'

export const browse = endpoint('GET /catalogue', {
  summary: 'Browse and search the products',
  description: 'A page may hold fewer than `limit`, even none, while `after` says that there are more.',
  caller: anyone,
  query: Browsing,
  returns: pageOf(CatalogueEntry),
  uses: { catalogue: catalogue.reader, words: words.reader },
  handle({ query }, { catalogue, words }) {
    const [lead, ...others] = query.search === undefined ? [] : byLength(wordsOf(query.search))
    if (lead !== undefined) {
      const place = { initial: initialOf(lead) }
      const read = (page: Page) => words.query(place, { prefix: lead, ...page })
      return filled(query, read, entry => isFoundAt(entry, lead, others) && isWanted(entry, query))
    }
    const { category, sort } = query
    const reverse = sort === 'price-down'
    const by = catalogue.by
    const read = (page: Page) => {
      const order = { ...page, reverse }
      if (category === undefined) return sort === 'name' ? by.name(all, order) : by.price(all, order)
      return sort === 'name' ? by.nameIn({ category }, order) : by.priceIn({ category }, order)
    }
    return filled(query, read, entry => isWanted(entry, query))
  },
})

const all = { shelf: 'all' } as const

/** The longest word is met by the fewest products. */
function byLength(words: readonly string[]): readonly string[] {
  return words.toSorted((one, other) => other.length - one.length)
}

interface Page {
  readonly limit: number
  readonly after?: string | undefined
}
interface Read<T> {
  readonly items: readonly T[]
  readonly after?: string
}

const mostReads = 20

/** Reads on until so many are wanted, or there are no more; never further than the last that is given. */
async function filled<T>(
  { limit, after }: Page,
  read: (page: Page) => Promise<Read<T>>,
  isWanted: (item: T) => boolean,
) {
  const items: T[] = []
  let position = after
  for (let reads = 0; reads < mostReads; reads++) {
    const page = await read({ limit: limit - items.length, after: position })
    items.push(...page.items.filter(isWanted))
    position = page.after
    if (position === undefined || items.length === limit) break
  }
  return position === undefined ? { items } : { items, after: position }
}

export const categories = endpoint('GET /categories', {
  summary: 'The categories that have products, by name',
  caller: anyone,
  returns: z.object({ categories: z.array(Category) }),
  uses: { catalogue: catalogue.reader },
  async handle(_call, { catalogue }) {
    const found: string[] = []
    let from = '0'
    // One product of each category, each from behind the category before: no letter of a name comes before a space.
    while (found.length < mostCategories) {
      const { items } = await catalogue.by.category(all, { from, limit: 1 })
      const [next] = items
      if (!next) break
      found.push(next.category)
      from = `${next.category} `
    }
    return { categories: found }
  },
})

const mostCategories = 100

export const product = endpoint('GET /catalogue/:productId', {
  summary: 'One product',
  caller: anyone,
  params: z.object({ productId: ProductId }),
  returns: CatalogueEntry,
  fails: { 'not-found': 404 },
  uses: { catalogue: catalogue.reader },
  handle: async ({ params }, { catalogue }) =>
    (await catalogue.get(params)) ?? problem('not-found', 'The shop has no such product'),
})
