/**
 * Schemathesis (an independent program) tries what the documents of the gateways say: thousands of requests, fit and
 * unfit, as somebody who is signed in. No answer is a 5xx, and none is outside the document.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Mortal, mortal } from 'groundplan/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const program = join(root, '.groundplan', 'python', 'bin', 'schemathesis')
const isThere = existsSync(program)
if (!isThere) console.warn('Schemathesis is not installed: node scripts/schemathesis.mjs')

const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
for (const each of dueBuilds('.')) if (['framework', 'accounts'].includes(each.folder)) await compile('.', each)`
const run = promisify(execFile)

describe.skipIf(!isThere)('Schemathesis, with the documents of the gateways', { timeout: 600_000 }, () => {
  let data = ''
  let shop: Mortal
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'storefront-document-'))
    await run(process.execPath, ['--input-type=module', '--eval', build], { cwd: root })
    const seed = ['framework/bin/groundplan.js', 'seed', 'storefront', '--data', data]
    await run(process.execPath, seed, { cwd: root })
    shop = await mortal({ system: 'storefront', root, data })
  }, 300_000)
  afterAll(async () => {
    await shop?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  // Below the throttle of its gateway, which would answer instead of the handlers. A stream has no end to wait for.
  it.concurrent.each([
    { gateway: 'customer', name: 'anna', more: ['--rate-limit', '150/s', '--exclude-path', '/orders/{orderId}/live'] },
    { gateway: 'ops', name: 'olga', more: ['--rate-limit', '45/s', '--exclude-path', '/live'] },
  ])('S2: finds no 5xx and no answer outside the document of $gateway', async ({ gateway, name, more }) => {
    const url = `${await shop.url()}/api/storefront/${gateway}/openapi.json`
    const options = [
      ...['run', url, '--header', `authorization: Bearer ${await tokenOf(shop, name)}`],
      ...['--checks', checks.join(','), '--phases', 'examples,coverage,fuzzing', '--max-examples', '10'],
      ...['--no-shrink', '--generation-database', 'none', ...more],
    ]
    const { code, stdout } = await run(program, options, { cwd: data, maxBuffer: 2 ** 26 }).then(
      said => ({ code: 0, ...said }),
      failed => ({ code: 1, stdout: `${failed.stdout}${failed.stderr}` }),
    )
    expect(code, stdout.replace(/^.{500}.*$/gm, line => line.slice(0, 500)).slice(-8_000)).toBe(0)
    const tried = Number(/(\d+) generated/.exec(stdout)?.[1])
    expect(tried).toBeGreaterThan(200)
  })
})

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]

async function tokenOf(shop: Mortal, name: string): Promise<string> {
  const body = JSON.stringify({ email: `${name}@example.org`, password: `development-${name}`, deliver: 'body' })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  // The first sign-in opens the database, which a busy machine may not do within the time of a call.
  const signedIn = async () => {
    const heard = await shop.ask('/api/storefront/accounts/sign-in', init)
    return (heard.body as { readonly tokens?: { readonly accessToken: string } }).tokens?.accessToken
  }
  return (await signedIn()) ?? (await signedIn()) ?? (await signedIn()) ?? ''
}
