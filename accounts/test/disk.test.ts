/** Accounts on disk: what was promised before a stop is so after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seed } from 'groundplan'
import { embedded } from 'groundplan/embedded'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { browse } from './door.ts'
import { quickHashes } from './quick.ts'
import shop, { people } from './shop.ts'

quickHashes()

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accounts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const anna = { email: 'anna@example.org', password: 'a long enough password' }
const sample = seed({
  uses: { db: people.database.writer },
  handle: async ({ at }, { db }) => [
    await people.enrol(db, at, { ...anna, name: 'Anna', roles: ['customer'], tenant: 'north' }),
  ],
})

/** The shop in a process of its own, as far as its engines are concerned. */
async function started() {
  const target = embedded({ folder, baseUrl: 'http://127.0.0.1', logs: () => {} })
  const runtime = await target.start(shop, { settings: {}, secrets: {} })
  return { runtime, stop: () => target.stop(1_000) }
}

it('R1: people, sessions and keys are there after a restart: who was signed in is, and is renewed', {
  timeout: 120_000,
}, async () => {
  const before = await started()
  await before.runtime.as('seed', sample.uses, sample.handle)
  const origin = 'http://localhost:7400'
  const signed = await browse(before, 'accounts/signIn', { body: anna, origin })
  expect(signed.status).toBe(200)
  await before.stop()

  const after = await started()
  const { cookies } = signed
  expect(await browse(after, 'api/me', { cookies })).toMatchObject({ status: 200, body: { tenant: 'north' } })
  const renewed = await browse(after, 'accounts/refresh', { body: {}, origin, cookies })
  expect(renewed.status).toBe(200)
  expect(await browse(after, 'accounts/signOut', { origin, cookies: renewed.cookies })).toMatchObject({ status: 200 })
  expect(await browse(after, 'accounts/refresh', { body: {}, origin, cookies: renewed.cookies })).toMatchObject({
    status: 401,
  })
  await after.stop()
})
