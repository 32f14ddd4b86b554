import { describe, expect, it } from 'vitest'
import { corsRulesOf } from './cors.ts'
import { isForeign } from './foreign.ts'

describe('a request of a browser', () => {
  const rules = corsRulesOf({ origins: ['https://shop.example.org'] }, [])
  const from = (origin?: string, fetchSite?: string, method = 'POST') => ({
    method,
    origin,
    fetchSite,
    host: 'api.example.org:8443',
  })

  it('is foreign when it may change something and comes from an origin that is not named', () => {
    expect(isForeign(from('https://evil.example'), rules)).toBe(true)
    expect(isForeign(from('https://evil.example', 'cross-site'), rules)).toBe(true)
    expect(isForeign(from('https://other.example.org', 'same-site'), rules)).toBe(true)
    expect(isForeign(from(undefined, 'cross-site'), rules)).toBe(true)
    expect(isForeign(from('null'), rules)).toBe(true)
    expect(isForeign(from('https://shop.example.org'), undefined)).toBe(true)
  })

  it('is not when its origin is named, its own, or when it only reads', () => {
    expect(isForeign(from('https://shop.example.org', 'cross-site'), rules)).toBe(false)
    expect(isForeign(from('https://API.example.org:8443'), rules)).toBe(false)
    expect(isForeign(from('https://api.example.org', 'same-origin'), rules)).toBe(false)
    expect(isForeign(from(undefined, 'none'), rules)).toBe(false)
    expect(isForeign(from('https://evil.example', 'cross-site', 'GET'), rules)).toBe(false)
    expect(isForeign(from(), rules)).toBe(false)
  })
})
