/**
 * The catalogue as customers see it, and how it is searched: a word's beginning finds it, whatever its case and accents.
 */
import { z } from 'zod'
import { Category, Paging, PictureName, ProductId } from './ids.ts'
import { Money } from './money.ts'
import type { Product } from './products.ts'

export const CatalogueEntry = z
  .object({
    productId: ProductId,
    name: z.string(),
    description: z.string(),
    category: Category,
    price: Money,
    picture: PictureName.optional(),
    available: z.boolean(),
  })
  .meta({ id: 'CatalogueEntry' })
export type CatalogueEntry = z.output<typeof CatalogueEntry>

/** As it is kept: with what it is ordered by. */
export const ShelvedEntry = CatalogueEntry.extend({ shelf: z.literal('all'), cents: z.int() })
export type ShelvedEntry = z.output<typeof ShelvedEntry>

/** An entry under one of its words. */
export const FoundEntry = CatalogueEntry.extend({
  initial: z.string(),
  /** The word and the product: the order within an initial. */
  place: z.string(),
  words: z.array(z.string()),
})
export type FoundEntry = z.output<typeof FoundEntry>

export const sorts = ['name', 'price', 'price-down'] as const

export const Browsing = Paging.extend({
  category: Category.optional(),
  search: z.string().min(1).max(100).optional().describe('beginnings of words of name, category and description'),
  sort: z.enum(sorts).default('name').describe('a search has its own order'),
  'min-price': z.coerce.number().int().min(0).optional().describe('in minor units'),
  'max-price': z.coerce.number().int().min(0).optional().describe('in minor units'),
  available: z.enum(['yes', 'all']).default('all').describe('whether only what is in stock is shown'),
})
export type Browsing = z.output<typeof Browsing>

export function entryOf(product: Product): CatalogueEntry {
  const { productId, name, description, category, price, picture, stock } = product
  const entry = { productId, name, description, category, price, available: stock > 0 }
  return picture === undefined ? entry : { ...entry, picture }
}

const mostWords = 40

/** The words of a text, each once, at most forty. */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return [...new Set(plain.match(/[\p{L}\p{N}]{1,60}/gu) ?? [])].slice(0, mostWords)
}

/** The entry under each of its words. */
export function foundUnder(product: Product): readonly FoundEntry[] {
  const words = wordsOf(`${product.name} ${product.category} ${product.description}`)
  return words.map(word => ({
    ...entryOf(product),
    initial: initialOf(word),
    place: `${word} ${product.productId}`,
    words: [...words],
  }))
}

export function initialOf(word: string): string {
  return [...word][0] ?? ''
}

/** Whether an entry is the answer to all these words, and this place the first at which the leading one meets it. */
export function isFoundAt({ place, words }: FoundEntry, lead: string, others: readonly string[]): boolean {
  const first = words.filter(word => word.startsWith(lead)).sort()[0]
  const isFirst = place.slice(0, place.indexOf(' ')) === first
  return isFirst && others.every(other => words.some(word => word.startsWith(other)))
}

/** Whether an entry is among what is asked for. */
export function isWanted(entry: CatalogueEntry, asked: Browsing): boolean {
  const { category, available, 'min-price': least = 0, 'max-price': most = Number.MAX_SAFE_INTEGER } = asked
  if (category !== undefined && entry.category !== category) return false
  if (available === 'yes' && !entry.available) return false
  return entry.price.amount >= least && entry.price.amount <= most
}
