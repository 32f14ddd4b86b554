import { describe, expect, test } from 'vitest'
import { claimsPage, readClaims, showClaims, testsOf } from './claims.mjs'

const claims = readClaims()

test('the list holds every claim of the five systems, each id once and in order', () => {
  const counts = { C: 15, S: 16, I: 13, G: 15, R: 14 }
  const ids = Object.entries(counts).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  )
  expect(claims.map(claim => claim.id)).toEqual(ids)
})

type Status = 'passed' | 'failed' | 'skipped'

/** What one test says of a claim. */
function stateOf(id: string, title: string, status: Status = 'passed', path = 'systems/counter/test/stock.test.ts') {
  return showClaims(claims, [{ path, title, status }]).find(({ claim }) => claim.id === id)?.state
}

describe('a claim', () => {
  test('is shown by a passing test whose title carries its id as a word', () => {
    expect(stateOf('C14', 'C14: the value survives a crash')).toBe('shown')
    expect(stateOf('C14', 'the stock (C13, C14) survives')).toBe('shown')
    expect(stateOf('C14', 'C140 is another claim')).toBe('open')
    expect(stateOf('C1', 'C14: the value survives a crash')).toBe('open')
  })

  test('stays open when its test was skipped, and is failing when one of its tests fails', () => {
    expect(stateOf('C14', 'C14: the value survives', 'skipped')).toBe('open')
    expect(stateOf('C14', 'C14: the value survives', 'failed')).toBe('failing')
  })

  test('with an id that means something else too needs its system in the path or the title', () => {
    const path = 'framework/src/embedded/bucket.test.ts'
    expect(stateOf('S3', 'an S3 client lists objects', 'passed', path)).toBe('open')
    expect(stateOf('S3', 'storefront S3: the portal lists products', 'passed', path)).toBe('shown')
    expect(stateOf('S3', 'S3: the portal lists products', 'passed', 'systems/storefront/test/portal.test.ts')).toBe(
      'shown',
    )
  })
})

describe('the page', () => {
  const file = (name: string, ...titles: string[]) => ({
    name: `/repository/${name}`,
    status: 'passed',
    assertionResults: titles.map(title => ({ status: 'passed', title, fullName: title, duration: 3 })),
  })
  const first = file('systems/counter/a.test.ts', 'C1: it | begins', 'C2: it sells')
  const second = file('systems/counter/b.test.ts', 'C1: at 1000')
  const page = (...testResults: ReturnType<typeof file>[]) =>
    claimsPage(showClaims(claims, testsOf('/repository', { testResults })))

  test('names the tests that show a claim, and says which claims are open', () => {
    const text = page(first, second)
    expect(text).toContain('2 of 73 claims are shown.')
    expect(text).toContain(
      'C1: it \\| begins (`systems/counter/a.test.ts`)<br>C1: at 1000 (`systems/counter/b.test.ts`)',
    )
    expect(text).toMatch(/^\| C3 \|.*\| \*\*open\*\* \|$/m)
  })

  test('is the same for the same results in any order', () => {
    expect(page(second, first)).toBe(page(first, second))
  })
})
