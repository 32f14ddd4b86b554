import { describe, expect, it } from 'vitest'
import { cookieIn } from './cookies.ts'

describe('a cookie', () => {
  it('is found by its whole name, the first of several', () => {
    const header = 'a=1; session=x=y; ab=2; session=z'
    expect([cookieIn(header, 'a'), cookieIn(header, 'ab'), cookieIn(header, 'session')]).toEqual(['1', '2', 'x=y'])
    expect(cookieIn(header, 'sess')).toBeUndefined()
    expect(cookieIn(undefined, 'a')).toBeUndefined()
    expect(cookieIn('nonsense; =; a', 'a')).toBeUndefined()
  })

  it('is given without quotes and percent-encoding, and as it stands where that cannot be', () => {
    expect(cookieIn('a="b c"', 'a')).toBe('b c')
    expect(cookieIn('a=%C3%A4', 'a')).toBe('ä')
    expect(cookieIn('a=100%', 'a')).toBe('100%')
  })
})
