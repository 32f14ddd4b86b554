/**
 * Claim: a service as a function of Lambda loads and answers its first event in at most half the processor time that Hono
 * needs without validation, in at most 30 KB (gzip) without the AWS SDK. Each handler is one minified file for Node,
 * started in a process of its own that loads it, gives it one event and checks the answer; the starts alternate. All do
 * the same work; whether they validate what comes and goes, the table says. Processor time is of that process, and hardly
 * differs between an idle machine and a busy one; times by the clock do.
 *
 * Options: `--starts=20`; `--parts` lists what our bundle is made of.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { bundled } from '../../targets/aws/src/bundle.ts'
import { jsonSchema, NewOrder, Order } from '../http/shop.ts'
import plan from './plan.ts'
import { orderEvent } from './work.ts'

const starts = Number(process.argv.find(option => option.startsWith('--starts='))?.slice(9) ?? 20)
const root = resolve('..')
const folder = join(root, `.groundplan/bench/lambda-${process.pid}`)

interface Contender {
  readonly name: string
  readonly validates: string
  readonly file: string
  readonly bytes: number
  readonly gzipBytes: number
}

/** Of the process itself: processor time of the load and of the first event, and both by the clock. */
interface Measured {
  readonly loadMs: number
  readonly firstMs: number
  readonly bothMs: number
  /** Since the process began. */
  readonly readyMs: number
  readonly zod: boolean
}

const probe = `
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
// Not \`performance.now\`: what Node loads for it, whoever asks for it first should pay.
const now = () => { const [s, ns] = process.hrtime(); return s * 1000 + ns / 1e6 }
const [began, cpuBegan] = [now(), cpu()]
const { handler } = require(process.argv[2])
const cpuLoaded = cpu()
const event = JSON.parse(process.argv[3])
handler(event, { awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 }).then(answer => {
  const [answered, cpuAnswered] = [now(), cpu()]
  const { state, total } = JSON.parse(answer.body)
  if (answer.statusCode !== 200 || state !== 'placed' || total !== 57) throw new Error(JSON.stringify(answer))
  const zod = Object.keys(require.cache).some(path => path.endsWith('zod.js'))
  const measured = { loadMs: cpuLoaded - cpuBegan, firstMs: cpuAnswered - cpuLoaded, bothMs: answered - began }
  console.log(JSON.stringify({ ...measured, readyMs: performance.now(), zod }))
  process.exit()
})
`

async function peer(name: string, validates: string): Promise<Contender> {
  const file = join(folder, name, 'index.js')
  await build({
    entryPoints: [`lambda/handlers/${name}.ts`],
    outfile: file,
    ...{ bundle: true, minify: true, format: 'cjs', platform: 'node', target: 'node20.19', logLevel: 'error' },
    define: {
      bodySchema: JSON.stringify(jsonSchema(NewOrder.strict())),
      answerSchema: JSON.stringify(jsonSchema(Order)),
    },
  })
  return contender(name, validates, file)
}

async function ours(): Promise<Contender> {
  const settings = { region: 'eu-central-1', domain: 'example.org', operations: 'o@example.org', costOwner: 'shop' }
  const planFile = resolve('lambda/plan.ts')
  const bundling = { plan, environment: 'bench', root, planFile, conditions: ['groundplan-source'] }
  const bundle = (await bundled(bundling, settings)).find(({ name }) => name === 'server')
  if (!bundle) throw new Error('no bundle')
  const at = join(folder, 'groundplan')
  mkdirSync(at, { recursive: true })
  for (const [file, content] of Object.entries(bundle.files)) writeFileSync(join(at, file), content)
  if (process.argv.includes('--parts')) console.table(bundle.parts)
  return contender('groundplan', 'in and out', join(at, 'index.js'))
}

async function contender(name: string, validates: string, file: string): Promise<Contender> {
  const { readFileSync } = await import('node:fs')
  const content = readFileSync(file)
  return { name, validates, file, bytes: content.length, gzipBytes: gzipSync(content).length }
}

function start({ file }: Contender, n: number): Measured {
  const env = { PATH: process.env.PATH, AWS_REGION: 'eu-central-1', GROUNDPLAN_AWS_PREFIX: 'shop-bench' }
  const args = [join(folder, 'probe.cjs'), file, JSON.stringify(orderEvent(n))]
  return JSON.parse(execFileSync(process.execPath, args, { env }).toString())
}

function median(all: readonly number[]): number {
  return all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
  writeFileSync(join(folder, 'probe.cjs'), probe)
  const peers = [peer('bare', 'no'), peer('hono', 'no'), peer('hono-zod', 'in and out'), peer('fastify', 'in and out')]
  const all = [await ours(), ...(await Promise.all(peers))]
  const measured = new Map(all.map(each => [each, [] as Measured[]]))
  for (let n = 0; n < starts; n++) for (const each of all) measured.get(each)?.push(start(each, n))
  console.table(all.map(each => row(each, measured.get(each) ?? [])))
}

function row({ name, validates, bytes, gzipBytes }: Contender, all: readonly Measured[]) {
  const [load, first] = [median(all.map(({ loadMs }) => loadMs)), median(all.map(({ firstMs }) => firstMs))]
  const both = median(all.map(({ loadMs, firstMs }) => loadMs + firstMs))
  const byClock = median(all.map(({ bothMs }) => bothMs))
  return {
    handler: name,
    validates,
    KB: Math.ceil(bytes / 1_024),
    'gzip KB': Math.ceil(gzipBytes / 1_024),
    'load CPU ms': load.toFixed(1),
    'first CPU ms': first.toFixed(1),
    'both CPU ms': both.toFixed(1),
    'both by clock': byClock.toFixed(1),
    'start to answer': median(all.map(({ readyMs }) => readyMs)).toFixed(0),
    'Zod loaded': all.some(({ zod }) => zod) ? 'yes' : 'no',
  }
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
