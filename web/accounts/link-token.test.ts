/** The links of mails, as pages read them. */
import { expect, it } from 'vitest'
import { linkTokenIn } from './link-token.ts'

it.each([
  ['#token=abc.d-e_f', 'token', 'abc.d-e_f'],
  [`#token=${encodeURIComponent('a+b/c=')}`, 'token', 'a+b/c='],
  ['#change=abc', 'change', 'abc'],
  ['#token=', undefined, ''],
  ['#page', undefined, ''],
  ['', undefined, ''],
])('%j is a link of kind %s', (fragment, kind, token) => {
  expect(linkTokenIn(fragment)).toEqual({ kind, token })
})
