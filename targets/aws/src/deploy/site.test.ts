/** A small Next.js application becomes a function and files, by OpenNext itself; the function answers a page. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DeploymentProgress } from 'groundplan/target'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Site, siteOf } from './site.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 })

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const openNext = join(repository, '.groundplan/open-next/node_modules/@opennextjs/aws/dist/index.js')
const isThere = existsSync(openNext)
if (!isThere) console.warn('SKIPPED: OpenNext is not there: node scripts/template-checks.mjs')

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "private": true, "type": "module" }',
  'web/package.json': '{ "private": true, "type": "module" }',
  'web/next.config.mjs': `const root = ${JSON.stringify(repository)}
export default { turbopack: { root }, outputFileTracingRoot: root }\n`,
  'web/app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}\n`,
  'web/app/page.js': `export const dynamic = 'force-dynamic'
export default function Page() { return 'Hello from ' + process.env.GROUNDPLAN_ADDRESS }\n`,
}

/** Lambda's runtime as far as a handler that streams sees it; says what was answered. */
const runtime = `
import { Writable } from 'node:stream'
globalThis.awslambda = { streamifyResponse: handler => handler }
const { handler } = await import(process.argv[1])
const chunks = []
const out = new Writable({ write: (chunk, _, done) => void (chunks.push(chunk), done()) })
out.setContentType = () => {}
const http = { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' }
const event = { version: '2.0', rawPath: '/', rawQueryString: '', headers: { host: 'shop.example.org' }, isBase64Encoded: false,
  requestContext: { http, domainName: 'shop.example.org', requestId: 'one', timeEpoch: 1 } }
const ended = new Promise(resolve => out.on('finish', resolve))
await handler(event, out, { awsRequestId: 'one', getRemainingTimeInMillis: () => 30_000 })
await ended
const text = Buffer.concat(chunks).toString()
const at = text.indexOf(String.fromCharCode(0))
const { statusCode } = JSON.parse(text.slice(0, at))
console.log(JSON.stringify({ statusCode, body: text.slice(at + 8) }))
process.exit(0)
`

describe.skipIf(!isThere)('the site of a system of functions', () => {
  const told: DeploymentProgress[] = []
  let root: string
  let site: Site
  const build = (digest: string) => {
    const web = { folder: join(root, 'web'), digest }
    return siteOf({ root, web, told: progress => void told.push(progress) }, openNext)
  }

  /** Below the repository, since Next looks for its packages in the folders above. */
  beforeAll(async () => {
    mkdirSync(join(repository, '.groundplan'), { recursive: true })
    root = mkdtempSync(join(repository, '.groundplan', 'site-'))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    site = await build('one')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

  it('is a function under the digest of its sources, and files whose names change with what they hold', () => {
    expect(site.code).toMatchObject({ name: 'web', parameter: 'CodeWeb', hash: 'one' })
    expect(site.code.zip.length).toBeLessThan(20_000_000)
    expect(site.files.length).toBeGreaterThan(0)
    expect(site.files.every(({ key }) => key.startsWith('_next/static/'))).toBe(true)
  })

  it('answers a page under the runtime, with what its environment says', async () => {
    const handler = join(root, 'web/.open-next/server-functions/default/index.mjs')
    const env = { PATH: process.env.PATH, NODE_ENV: 'production', GROUNDPLAN_ADDRESS: 'https://shop.example.org' }
    const args = ['--input-type=module', '--eval', runtime, handler]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dirname(handler), env })
    const { statusCode, body } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}')
    expect(statusCode).toBe(200)
    expect(body).toContain('https://shop.example.org')
  })

  it('is not built again while its sources are the same', async () => {
    const again = await build('one')
    expect(Buffer.compare(again.code.zip, site.code.zip)).toBe(0)
    expect(told).toHaveLength(1)
  })

  it('says what to do where OpenNext is not installed, or the config names no front', async () => {
    const from = { root, told: () => {} }
    const web = { folder: join(root, 'web'), digest: 'two' }
    await expect(siteOf({ ...from, web })).rejects.toMatchObject({
      more: { wayOut: expect.stringContaining('npm install --save-dev @opennextjs/aws') },
    })
    await expect(siteOf(from)).rejects.toMatchObject({ code: 'setting-missing' })
  })
})
