/** What an address asks of the catalogue. */
import { expect, it } from 'vitest'
import { addressOf, browsingOf, categoryName, queryOf } from './browsing.ts'

it('S3: an address is what is looked for, and back', () => {
  const asked = {
    search: 'wide angle',
    category: 'lenses',
    sort: 'price-down',
    least: '100',
    most: '900',
    available: 'yes',
  } as const
  const params = Object.fromEntries(new URL(addressOf(asked), 'http://shop.example.org').searchParams)
  expect(browsingOf(params)).toEqual({ ...asked, after: undefined })
  expect(queryOf(browsingOf(params))).toMatchObject({ 'min-price': 10_000, 'max-price': 90_000, sort: 'price-down' })
})

it('leaves away what makes no sense, so that no address is refused', () => {
  const odd = {
    category: 'No Such!',
    sort: 'colour',
    least: '-3',
    most: '1e9',
    available: 'maybe',
    search: '   ',
    after: [],
  }
  expect(queryOf(browsingOf(odd))).toEqual({ limit: 24 })
  expect(addressOf(browsingOf(odd))).toBe('/shop')
  expect(browsingOf({ search: ['first', 'second'] }).search).toBe('first')
})

it('calls a category by its name', () => {
  expect(categoryName('memory-cards')).toBe('Memory cards')
})
