/** A product as it is filled in, and what of it is asked of the API: only what differs from what is. */
import { majorText, minorUnitsOf } from '../storefront/amounts.ts'
import type { Product, ProductChanges } from '../storefront/shapes.ts'

export interface ProductDraft {
  readonly name: string
  readonly description: string
  readonly category: string
  readonly price: string
  readonly currency: string
}

export const newDraft: ProductDraft = { name: '', description: '', category: '', price: '', currency: 'EUR' }

export function draftOf({ name, description, category, price }: Product): ProductDraft {
  const { amount, currency } = price
  return { name, description, category, price: majorText(amount, currency), currency }
}

export type Flaws = Partial<Readonly<Record<keyof ProductDraft, string>>>

/** What is wrong with a draft, as its fields say it. */
export function flawsOf({ name, category, price, currency }: ProductDraft): Flaws {
  return {
    ...(name.trim() === '' ? { name: 'A product needs a name' } : {}),
    ...(/^[a-z0-9][a-z0-9-]{0,39}$/.test(category.trim()) ? {} : { category: 'Small letters, digits and hyphens' }),
    ...(/^[A-Z]{3}$/.test(currency) ? {} : { currency: 'Three capital letters, such as EUR' }),
    ...(/^[A-Z]{3}$/.test(currency) && minorUnitsOf(price, currency) === undefined
      ? { price: 'An amount, such as 129.50' }
      : {}),
  }
}

/** What differs from the product as it is; all of it for a new one. */
export function changesOf(draft: ProductDraft, product?: Product): ProductChanges {
  const { name, description, category, price, currency } = draft
  const amount = minorUnitsOf(price, currency) ?? 0
  const isSamePrice = product?.price.amount === amount && product.price.currency === currency
  return {
    ...(name.trim() === product?.name ? {} : { name: name.trim() }),
    ...(description.trim() === (product?.description ?? '') ? {} : { description: description.trim() }),
    ...(category.trim() === product?.category ? {} : { category: category.trim() }),
    ...(isSamePrice ? {} : { price: { amount, currency } }),
  }
}

/** An id for a new product, of its name: lower case words joined by hyphens. */
export function idOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
}
