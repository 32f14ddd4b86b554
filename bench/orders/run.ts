/**
 * Claim: orders a second through the whole storefront (two services, everything kept when acknowledged, all that follows
 * included), beside the same order written by hand on Fastify and PostgreSQL, which keeps as much in one transaction and
 * does nothing of what follows. Each in processes of its own on this disk; 64 callers; rounds take turns.
 * `--rounds=3`, `--seconds=5`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mortal } from 'groundplan/process'
import { startServer } from '../../drivers/postgres/src/test/cluster.ts'
import { dataFolder, flushesPerSecond, percentile, round } from '../disk.ts'

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const rounds = option('rounds', 3)
const seconds = option('seconds', 5)
const callers = 64
const folder = join(process.cwd(), 'orders')
const groundplan = join(process.cwd(), '../framework/bin/groundplan.js')

interface Contender {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface Round {
  readonly perSecond: number
  readonly times: readonly number[]
}

const agent = new Agent({ keepAlive: true, maxSockets: callers })
let asked = 0

/** One order; resolves with its milliseconds when it is acknowledged. */
function order({ url, headers }: Contender): Promise<number> {
  const startMs = performance.now()
  asked += 1
  const key = { 'idempotency-key': `order-${process.pid}-${asked}` }
  const body = JSON.stringify({ lines: [{ productId: `product-${asked % 50}`, quantity: 1 }] })
  const all = { ...headers, ...key, 'content-type': 'application/json', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/orders`, { method: 'POST', agent, headers: all }, answer => {
      answer.resume()
      answer.once('end', () => {
        if (answer.statusCode === 201) resolve(performance.now() - startMs)
        else reject(new Error(`an order was answered with ${answer.statusCode}`))
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

async function during(contender: Contender, milliseconds: number): Promise<Round> {
  const times: number[] = []
  const startMs = performance.now()
  const caller = async (): Promise<void> => {
    while (performance.now() - startMs < milliseconds) times.push(await order(contender))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { perSecond: (times.length * 1_000) / (performance.now() - startMs), times }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  for await (const chunk of stdout ?? []) return String(chunk).trim()
  throw new Error('the peer did not start')
}

const data = dataFolder()
const flushes = flushesPerSecond(data.path)
const server = await startServer({ safe: true })
const peer = spawn(process.execPath, [join(folder, 'peer.mjs'), server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
await promisify(execFile)(process.execPath, [groundplan, 'seed', 'storefront', '--data', data.path], { cwd: folder })
const shop = await mortal({ system: 'storefront', root: folder, data: data.path })
try {
  const person = JSON.stringify({ email: 'anna@example.org', password: 'development-anna', deliver: 'body' })
  const signIn = { method: 'POST', headers: { 'content-type': 'application/json' }, body: person }
  const heard = await shop.ask('/api/storefront/accounts/sign-in', signIn)
  const { tokens } = heard.body as { readonly tokens: { readonly accessToken: string } }
  const authorization = `Bearer ${tokens.accessToken}`
  const contenders: readonly Contender[] = [
    { name: 'storefront', url: `${await shop.url()}/api/storefront/customer`, headers: { authorization } },
    { name: 'Fastify and PostgreSQL, by hand', url: await firstLine(peer), headers: {} },
  ]
  const all = new Map(contenders.map(({ name }) => [name, [] as Round[]]))
  for (const contender of contenders) await during(contender, 1_500)
  for (let n = 0; n < rounds; n++) {
    for (const contender of contenders) all.get(contender.name)?.push(await during(contender, seconds * 1_000))
  }
  console.log(
    `Node ${process.versions.node}, ${callers} callers, ${round(flushes)} fdatasync/s alone, median of ${rounds}`,
  )
  for (const [name, measured] of all) {
    const rate = percentile(
      measured.map(({ perSecond }) => perSecond),
      0.5,
    )
    const times = measured.flatMap(each => each.times)
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map(ms => ms.toFixed(1))
    console.log(`${name}: ${round(rate)} orders/s, p50 ${p50} ms, p99 ${p99} ms`)
  }
} finally {
  agent.destroy()
  await shop.stop()
  peer.kill()
  await once(peer, 'exit')
  await server.remove()
  data.remove()
}
