/**
 * storefront as it runs: a process of its own, on disk, over HTTP, and killed.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { orderUnderKills } from './rush.ts'

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
  data = mkdtempSync(join(tmpdir(), 'storefront-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

describe('storefront on disk', { timeout: 300_000 }, () => {
  it('S13, S8, S5: killed while a crowd orders, each key has one order, no stock is without order and no order without stock; logs, inbox, mails, figures and catalogue agree', async () => {
    const report = await orderUnderKills({ root, data, kills: 3, customers: 20, ordersEach: 10, random: Math.random })
    expect(report.kills).toBe(3)
    expect(report.placed + report.soldOut).toBe(200)
    for (const counted of [report.placed, report.soldOut, report.renamed, report.askedAgain]) {
      expect(counted).toBeGreaterThan(0)
    }
  })
})
