/** What a server is told of the proxies before it. */
import { expect, it } from 'vitest'
import { behindProxies } from './behind.ts'

it('believes nobody, and is reached where it listens, unless it is told otherwise', () => {
  expect(behindProxies({})).toEqual({ proxies: 0 })
  expect(behindProxies({ proxies: '2', url: 'https://shop.example.org/' })).toEqual({
    proxies: 2,
    publicUrl: 'https://shop.example.org',
  })
})

it.each(['-1', '1.5', 'all', '11', ''])('takes no "%s" for a count', proxies => {
  expect(() => behindProxies({ proxies })).toThrow(/is no count of proxies/)
})

it.each([
  'shop.example.org',
  'https://shop.example.org/shop',
  'https://shop.example.org?a',
  'ftp://shop.example.org',
  'https://me:it@shop.example.org',
])('takes no "%s" for an address: links would lead nowhere', url => {
  expect(() => behindProxies({ url })).toThrow(/is no address of a server/)
})
