/**
 * storefront as it runs: a process of its own, on disk, over HTTP, and killed.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
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

const program = join(root, 'framework/bin/groundplan.js')

/** What answers while the program runs with these flags. */
async function whileStarted(
  folder: string,
  flags: readonly string[],
  ask: (url: string) => Promise<void>,
): Promise<void> {
  const all = ['start', 'storefront', '--port', '0', '--data', folder, '--seed', '--no-web', '--json', ...flags]
  const child = spawn(process.execPath, [program, ...all], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { readonly event?: string; readonly url?: string }
      if (said.event !== 'ready') continue
      await ask(said.url ?? '')
      break
    }
  } finally {
    child.kill()
    await ended
  }
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
const firstPage = async (url: string): Promise<readonly unknown[]> => {
  const { items } = (await (await fetch(`${url}/catalogue`)).json()) as { readonly items: readonly unknown[] }
  return items
}

describe('storefront runs offline with one command', { timeout: 120_000 }, () => {
  // Sown once, by whichever comes first.
  let kept = ''
  beforeAll(() => {
    kept = mkdtempSync(join(tmpdir(), 'storefront-'))
  })
  afterAll(() => rmSync(kept, { recursive: true, force: true }))

  it('S12: as a whole, its tables with it', () =>
    whileStarted(kept, [], async url => {
      const api = `${url}/api/storefront`
      await expect.poll(() => firstPage(`${api}/customer`)).not.toEqual([])
      expect(await statusOf(`${api}/ops/orders`)).toBe(401)
      expect(await statusOf(`${api}/accounts/openapi.json`)).toBe(200)
    }))

  it('S12: one gateway of it, with the backend and the tables that it asks, and no other door open', () =>
    whileStarted(kept, ['--gateway', 'customer', '--mount', '/'], async url => {
      await expect.poll(() => firstPage(url)).not.toEqual([])
      expect(await statusOf(`${url}/api/storefront/ops/orders`)).toBe(404)
      expect(await statusOf(`${url}/api/storefront/accounts/openapi.json`)).toBe(404)
    }))

  it('S12: the other one, at the address it has in the whole', () =>
    whileStarted(kept, ['--gateway', 'ops'], async url => {
      expect(await statusOf(`${url}/api/storefront/ops/orders`)).toBe(401)
      expect(await statusOf(`${url}/api/storefront/customer/catalogue`)).toBe(404)
    }))
})

describe('storefront on disk', { timeout: 300_000 }, () => {
  it('S13, S8, S5: killed while a crowd orders, each key has one order, no stock is without order and no order without stock; logs, inbox, mails, figures and catalogue agree', async () => {
    const kills = inject('thorough') ? 3 : 2
    const report = await orderUnderKills({ root, data, kills, customers: 20, ordersEach: 10, random: Math.random })
    expect(report.kills).toBe(kills)
    expect(report.placed + report.soldOut).toBe(200)
    for (const counted of [report.placed, report.soldOut, report.renamed, report.askedAgain]) {
      expect(counted).toBeGreaterThan(0)
    }
  })
})
