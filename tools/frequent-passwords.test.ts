import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { frequentList } from './frequent-passwords.mjs'

test('the frequent passwords that accounts refuse are those of the list', () => {
  const written = readFileSync(new URL('../accounts/src/frequent-list.ts', import.meta.url), 'utf8')
  // Not compared by `toBe`, which would show all of it.
  expect(written === frequentList()).toBe(true)
})
