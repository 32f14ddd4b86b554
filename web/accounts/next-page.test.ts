/** Where signing in leads. */
import { expect, it } from 'vitest'
import { nextPage } from './next-page.ts'

const here = 'https://shop.example.org'

it.each([
  ['/shop/basket', '/shop/basket'],
  ['/ops/orders?state=paid#top', '/ops/orders?state=paid#top'],
  ['//elsewhere.example.org/shop', '/shop'],
  ['/\\elsewhere.example.org', '/shop'],
  ['/\t/elsewhere.example.org', '/shop'],
  ['/.//elsewhere.example.org', '/shop'],
  ['/%2e//elsewhere.example.org', '/shop'],
  ['/shop/..//elsewhere.example.org', '/shop'],
  ['/\\\\elsewhere.example.org', '/shop'],
  ['https://elsewhere.example.org', '/shop'],
  ['javascript:alert(1)', '/shop'],
  ['', '/shop'],
  [undefined, '/shop'],
])('S3: signing in with next=%j leads to %s', (asked, leads) => {
  expect(nextPage(asked, here, '/shop')).toBe(leads)
})
