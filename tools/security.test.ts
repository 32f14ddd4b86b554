import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkSecurity } from './security.ts'
import { root } from './tree.ts'

const page = 'docs/security.md'

test('the tests that docs/security.md names are there', () => {
  const textOf = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined)
  expect(checkSecurity(page, readFileSync(join(root, page), 'utf8'), textOf)).toEqual([])
})

test('a line without a test, with one that is gone, or in a file that is gone, is a complaint', () => {
  const file = "it('is refused', () => {})"
  const rows = [
    '| 1.1.1 | a | b | `a.test.ts`: is refused |',
    '| 1.1.2 | a | b | `a.test.ts`: is let in |',
    '| 1.1.3 | a | b | `b.test.ts`: is refused<br>`a.test.ts`: is refused |',
    '| 1.1.4 | a | b | |',
    '| 1.1.5 | a | b | open: not made yet |',
    '| 1.1.6 | a | b | open: |',
  ]
  const complaints = checkSecurity('page.md', rows.join('\n'), path => (path === 'a.test.ts' ? file : undefined))
  expect(complaints).toEqual([
    'page.md: 1.1.2: a.test.ts has no test "is let in"',
    'page.md: 1.1.3: there is no b.test.ts',
    'page.md: 1.1.4: "" names no test',
    'page.md: 1.1.6: "open:" names no test',
  ])
  expect(checkSecurity('page.md', 'nothing', () => undefined)).toEqual(['page.md: has no lines'])
})
