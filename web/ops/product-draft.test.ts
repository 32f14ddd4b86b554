/** A product as it is filled in. */
import { expect, it } from 'vitest'
import type { Product } from '../storefront/shapes.ts'
import { changesOf, draftOf, flawsOf, idOf, newDraft } from './product-draft.ts'

const product: Product = {
  ...{
    productId: 'strap',
    name: 'Strap',
    description: 'Soft.',
    category: 'straps',
    stock: 3,
    retired: false,
    edition: 1,
  },
  price: { amount: 129_950, currency: 'EUR' },
}

it('S4: asks for nothing when nothing was changed, and for what differs alone', () => {
  expect(changesOf(draftOf(product), product)).toEqual({})
  expect(changesOf({ ...draftOf(product), price: '1,300' }, product)).toEqual({
    price: { amount: 130_000, currency: 'EUR' },
  })
  expect(changesOf({ ...draftOf(product), currency: 'USD' }, product)).toEqual({
    price: { amount: 129_950, currency: 'USD' },
  })
})

it('says what a draft lacks, field by field', () => {
  expect(Object.keys(flawsOf(newDraft))).toEqual(['name', 'category', 'price'])
  expect(flawsOf({ ...newDraft, name: 'Strap', category: 'straps', price: '12.50' })).toEqual({})
  expect(Object.keys(flawsOf({ ...draftOf(product), category: 'Straps!', currency: 'euro' }))).toEqual([
    'category',
    'currency',
  ])
})

it.each([
  ['Über-Gurt 24 mm', 'uber-gurt-24-mm'],
  ['  --Strap--  ', 'strap'],
])('makes an id of %j', (name, id) => {
  expect(idOf(name)).toBe(id)
})
