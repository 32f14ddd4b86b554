/**
 * counter as it runs: a process of its own, on disk, over HTTP, and killed.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mortal } from 'groundplan/process'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sellUnderKills } from './crowd.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'drivers/postgres', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

let data = ''
// The program that is started is the one that is built.
beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: root })
}, 120_000)
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'counter-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const sale = (key: string) => ({ method: 'POST', headers: { 'Idempotency-Key': key } })

describe('counter on disk', { timeout: 120_000 }, () => {
  // #region killed
  it('C14: the value survives a crash and a restart, and so does the answer to a sale', async () => {
    {
      await using shop = await mortal({ system: 'counter', root, data })
      const sold = await shop.ask('/api/counter/decrement', sale('the-sale'))
      expect(sold).toMatchObject({ status: 200, body: { left: 999 } })
      await shop.kill()
      expect(await shop.ask('/api/counter/decrement', sale('the-sale'))).toEqual(sold)
      expect(await shop.ask('/api/counter/counter')).toEqual(sold)
      await expect
        .poll(() => shop.ask('/api/counter/sales'))
        .toMatchObject({ body: { sales: [{ product: 'camera' }] } })
      expect(await shop.stop()).toBe(0)
    }
    await using again = await mortal({ system: 'counter', root, data })
    expect(await again.ask('/api/counter/counter')).toMatchObject({ body: { left: 999 } })
    expect(await again.ask('/api/counter/sales')).toMatchObject({ body: { sales: [{ product: 'camera' }] } })
  })
  // #endregion killed

  it('C14: 200 clients selling at once while it is killed: sold are as many as heard so, each once, never more than there were', async () => {
    const report = await sellUnderKills({ root, data, kills: 3, clients: 200, salesEach: 6, random: Math.random })
    expect(report).toMatchObject({ kills: 3, sold: 1_000, soldOut: 200 })
    expect(report.askedAgain).toBeGreaterThan(0)
  })
})
