/**
 * What the pages of this repository take as a function of Lambda, as OpenNext makes them and `groundplan deploy` ships them: how many
 * files, how large, and how long from the start of a process to the first page, and to the next one. Each start is a process of its own,
 * under what Lambda gives a handler that streams. There is no claim: it is OpenNext's figure, to be known before one decides.
 *
 * `node scripts/template-checks.mjs` installs OpenNext before. Builds `web`, which takes some minutes. Options: `--starts=9`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { frontDigest } from '../../framework/src/cli/web/build.ts'
import { type Site, siteOf } from '../../targets/aws/src/deploy/site.ts'

const starts = Number(process.argv.find(option => option.startsWith('--starts='))?.slice(9) ?? 9)
const root = resolve('..')
const openNext = join(root, '.groundplan/open-next/node_modules/@opennextjs/aws/dist/index.js')
const page = '/shop'

/** Lambda's runtime as far as a handler that streams sees it. Asks twice, and says what each answer took. */
const runtime = `
import { Writable } from 'node:stream'
globalThis.awslambda = { streamifyResponse: handler => handler }
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
const { handler } = await import(process.argv[1])
const http = { method: 'GET', path: '${page}', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' }
const event = { version: '2.0', rawPath: '${page}', rawQueryString: '', headers: { host: 'shop.example.org' }, isBase64Encoded: false,
  requestContext: { http, domainName: 'shop.example.org', requestId: 'one', timeEpoch: 1 } }
async function asked() {
  const chunks = []
  const out = new Writable({ write: (chunk, _, done) => void (chunks.push(chunk), done()) })
  out.setContentType = () => {}
  const ended = new Promise(resolve => out.once('finish', resolve))
  await handler(event, out, { awsRequestId: 'one', getRemainingTimeInMillis: () => 30_000 })
  await ended
  const text = Buffer.concat(chunks).toString()
  const { statusCode } = JSON.parse(text.slice(0, text.indexOf(String.fromCharCode(0))))
  if (statusCode !== 200 || !text.includes('</html>')) throw new Error(statusCode + text.slice(0, 1000))
}
await asked()
const first = { firstMs: performance.now(), firstCpuMs: cpu() }
await asked()
console.log(JSON.stringify({ ...first, nextMs: performance.now() - first.firstMs, nextCpuMs: cpu() - first.firstCpuMs }))
process.exit(0)
`

type Took = Readonly<Record<'firstMs' | 'firstCpuMs' | 'nextMs' | 'nextCpuMs', number>>

function started(handler: string): Took {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', GROUNDPLAN_ADDRESS: 'https://shop.example.org' }
  const args = ['--input-type=module', '--eval', runtime, handler]
  const said = execFileSync(process.execPath, args, { cwd: dirname(handler), env, encoding: 'utf8' })
  return JSON.parse(said.trim().split('\n').at(-1) ?? '')
}

function median(all: readonly number[]): number {
  return all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN
}

function sized({ code, files }: Site, own: string): void {
  const inside = readdirSync(own, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const mb = (paths: readonly string[]) => (paths.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6).toFixed(1)
  const ours = mb(inside.map(({ parentPath, name }) => join(parentPath, name)))
  console.log(`The function: ${inside.length} files, ${ours} MB, packed ${(code.zip.length / 1e6).toFixed(1)} MB.`)
  console.log(`Beside it, for browsers: ${files.length} files, ${mb(files.map(({ path }) => path))} MB.\n`)
}

if (!existsSync(openNext)) throw new Error('OpenNext is not there: node scripts/template-checks.mjs')
const folder = join(root, 'web')
const web = { folder, digest: frontDigest(root, 'web') }
const site = await siteOf({ root, web, told: ({ what }) => console.error(what) }, openNext)
const own = join(folder, '.open-next/server-functions/default')
sized(site, own)
const handler = join(own, 'index.mjs')
const took = Array.from({ length: starts }, () => started(handler))
console.log(`| ${page} | ms | CPU ms |\n|---|---|---|`)
for (const [name, ms, cpuMs] of [
  ['from the start of the process', 'firstMs', 'firstCpuMs'],
  ['the next time', 'nextMs', 'nextCpuMs'],
] as const) {
  const [clock, cpu] = [ms, cpuMs].map(of => median(took.map(each => each[of])).toFixed(0))
  console.log(`| ${name} | ${clock} | ${cpu} |`)
}
