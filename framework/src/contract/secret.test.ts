import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scrubber } from './scrubber.ts'
import { Secret } from './secret.ts'

const value = 'k-81f3a-"\\\n/ü&='

describe('a secret', () => {
  const secret = new Secret('carrier-key', value)

  it('reveals its value to who asks for it', () => {
    expect(secret.reveal()).toBe(value)
    expect(secret.name).toBe('carrier-key')
  })

  it('shows its name in place of its value, however it is printed', () => {
    const printed = [
      String(secret),
      `${secret}`,
      secret.toString(),
      inspect(secret),
      format('%s', secret),
      format('%o', secret),
      format('%O', secret),
      format(secret),
      [secret].join(),
    ]
    expect(new Set(printed)).toEqual(new Set(['[secret carrier-key]']))
  })

  it('shows its name in place of its value as JSON, also deep inside', () => {
    expect(JSON.stringify({ deep: [{ secret }] })).toBe('{"deep":[{"secret":"[secret carrier-key]"}]}')
    expect(inspect({ deep: [{ secret }] }, { depth: 9, showHidden: true })).not.toContain('k-81f3a')
    expect(format('%j', { secret })).toBe('{"secret":"[secret carrier-key]"}')
  })

  it('has no property that holds its value', () => {
    expect(Object.getOwnPropertyNames(secret)).toEqual(['name'])
    expect(JSON.stringify(structuredClone(secret))).not.toContain('k-81f3a')
    expect(JSON.stringify({ ...secret })).not.toContain('k-81f3a')
  })
})

describe('a scrubber', () => {
  it('replaces every place of every known value by its name', () => {
    const scrub = scrubber(
      new Map([
        ['one', 'abcdef-1'],
        ['two', 'ghijkl-2'],
      ]),
    )
    expect(scrub('abcdef-1 ghijkl-2, abcdef-1abcdef-1.')).toBe('[secret one] [secret two], [secret one][secret one].')
    expect(scrub('nothing of it')).toBe('nothing of it')
    expect(scrub('')).toBe('')
  })

  it('knows a value as JSON and addresses write it', () => {
    const scrub = scrubber([['key', value]])
    expect(scrub(JSON.stringify({ value }))).toBe('{"value":"[secret key]"}')
    expect(scrub(`?key=${encodeURIComponent(value)}`)).toBe('?key=[secret key]')
    expect(scrub(`?${new URLSearchParams({ key: 'a b+c d~e' })}`)).toBe('?key=a+b%2Bc+d%7Ee')
    expect(scrubber([['key', 'a b+c d~e']])(`?${new URLSearchParams({ key: 'a b+c d~e' })}`)).toBe('?key=[secret key]')
  })

  it('replaces the longest of values that begin alike', () => {
    const scrub = scrubber([
      ['short', 'abcdef'],
      ['long', 'abcdefgh'],
      ['middle', 'abcdefg'],
    ])
    expect(scrub('abcdefgh abcdefg abcdef abcdefghi')).toBe(
      '[secret long] [secret middle] [secret short] [secret long]i',
    )
  })

  it('leaves values alone that are shorter than 6 characters', () => {
    const scrub = scrubber([
      ['short', 'abcde'],
      ['empty', ''],
      ['long', 'fghijk'],
    ])
    expect(scrub('abcde fghijk')).toBe('abcde [secret long]')
  })

  it('leaves no known value in any text', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 6, maxLength: 9 })
    const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 })
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 5 }), texts, (values, text) => {
        const clean = scrubber(values.map(each => ['x', each] as const))(text)
        for (const each of values) expect(clean.split('[secret x]').join(' ')).not.toContain(each)
      }),
    )
  })

  it('goes through a text once, however many secrets there are', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => [`s${index}`, `secret-value-${index}-end`] as const)
    const scrub = scrubber(values)
    const text = 'a line of a log without anything in it. '.repeat(25_000)
    const began = performance.now()
    expect(scrub(text)).toBe(text)
    // A million characters; looking for each secret in turn would take a hundred times longer.
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(scrub('secret-value-7-end')).toBe('[secret s7]')
  })
})
