/**
 * Claims: asking who is signed in costs a request less than 50 µs of processor time; a flood of wrong passwords lets
 * nobody in, locks the owner out on no device he knows, and leaves the other requests alone: p99 of a plain GET stays
 * below five times what it is without.
 *
 * Who floods has connections already, or opens one for each attempt: both are measured. Hashing, the sender, the reader and
 * the server share the machine; who sends goes last where cores are scarce and who reads goes first (as root), since both have
 * their own. What each used of the processor stands below each flood, and how long the server's main thread was ready to run and had no core.
 *
 * Each flood comes six times, and what the GETs took is one sample: a single one lasts for 800 of them or more, of which the
 * eighth worst would be the p99. The very first meets code that has hardly run yet, and counts like the others; the ratio of
 * each stands beside that of all.
 *
 * Options: `--requests=20000` to weigh the check, `--floods=6`, `--seconds=2` of plain GETs at rest before each, `--apart` on Linux: the server, with
 * all that it hashes, has the first core alone, sender and reader have the second.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { buildSync } from 'esbuild'

const ownersPassword = 'the password of the owner'
/** For everything but the flood. */
const others = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 64 })

async function main(): Promise<void> {
  const server = await started()
  try {
    await weighed(server, await signedIn(server.url, server.nextOwner()))
    const reader = await readerOf(server.folder, server.url)
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
    for (const connections of ['open before', 'new'] as const) {
      for (const accounts of ['one account', 'a thousand accounts'] as const) {
        await flooded(server, reader, { accounts, connections })
      }
    }
    await reader.stop()
  } finally {
    await server.stop()
  }
}

// ---------- the cost of the check

async function weighed({ url, cpuUs }: Server, { accessToken }: Tokens): Promise<void> {
  const many = option('requests', 20_000)
  const authorization = `Bearer ${accessToken}`
  const ways = [
    { name: 'open to anyone', path: '/api/shop/api/open', headers: {} },
    { name: 'signed in', path: '/api/shop/api/mine', headers: { authorization } },
  ] as const
  const costs = new Map<string, number[]>()
  for (let round = 0; round < 6; round++) {
    for (const { name, path, headers } of ways) {
      const before = cpuUs()
      await loaded(many / 5, 32, () => asked(`${url}${path}`, { headers }))
      const cost = (cpuUs() - before) / (many / 5)
      // The first round warms up.
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), cost])
    }
  }
  console.log('| GET, small answer | CPU µs a request |\n|---|---|')
  for (const { name } of ways) console.log(`| ${name} | ${median(costs.get(name) ?? []).toFixed(1)} |`)
  const pairs = (costs.get(ways[1].name) ?? []).map((cost, at) => cost - (costs.get(ways[0].name)?.[at] ?? 0))
  console.log(`| **the check** | **${median(pairs).toFixed(1)}** (claim: below 50) |\n`)
}

// ---------- the flood

interface Flood {
  readonly accounts: 'one account' | 'a thousand accounts'
  readonly connections: 'open before' | 'new'
}

/** What plain GETs took, in ms, and all else of one flood, or of several. */
interface Outcome {
  readonly rest: readonly number[]
  readonly during: readonly number[]
  readonly answers: readonly number[]
  readonly seconds: number
  /** Processor: see `usage`. */
  readonly usedUs: readonly number[]
  readonly ownerIsIn: boolean
}

async function flooded(server: Server, reader: Reader, flood: Flood): Promise<void> {
  const all: Outcome[] = []
  for (let n = 0; n < option('floods', 6); n++) all.push(await floodedOnce(server, reader, flood))
  told(flood, all)
  if (all.some(({ answers }) => answers.includes(200))) throw new Error('somebody got in')
}

/** The account that is tried, or another one meanwhile, must get in all the same from the device that he used before. */
async function floodedOnce(server: Server, reader: Reader, { accounts, connections }: Flood): Promise<Outcome> {
  const { url } = server
  const [email, serial] = [server.nextOwner(), performance.now()]
  const { device } = await signedIn(url, email)
  const crowd = Array.from({ length: 1_000 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  if (connections === 'open before') await connected(url, crowd)
  const rest = await reader.during(wait(option('seconds', 2) * 1_000))
  const answers: number[] = []
  const [began, used] = [performance.now(), usage(server)]
  const whose = (n: number) => (accounts === 'one account' ? email : `somebody-${serial}-${n}@example.org`)
  const during = await reader.during(stormed(url, whose, crowd, answers))
  const seconds = (performance.now() - began) / 1_000
  const usedUs = usage(server).map((now, at) => now - (used[at] ?? 0))
  for (const agent of crowd) agent.destroy()
  const ownerIsIn = (await signedIn(url, email, device)).accessToken !== ''
  return { rest, during, answers, seconds, usedUs, ownerIsIn }
}

function told({ accounts, connections }: Flood, all: readonly Outcome[]): void {
  const [rest, during] = [all.flatMap(each => each.rest), all.flatMap(each => each.during)]
  const seconds = median(all.map(each => each.seconds))
  const about = `1,000 wrong passwords at once, ${accounts}, connections ${connections}`
  const figures = (took: readonly number[]) => [50, 99, 100].map(of => percentile(took, of)).join(' | ')
  console.log(`| ${about} | p50 ms | p99 ms | worst ms |\n|---|---|---|---|`)
  console.log(`| plain GET at rest (${rest.length}) | ${figures(rest)} |`)
  console.log(`| plain GET meanwhile (${during.length}, ${seconds.toFixed(1)} s a flood) | ${figures(during)} |`)
  const each = all.map(one => ratio(one.during, one.rest)).join(', ')
  console.log(`| **ratio of p99** | | **${ratio(during, rest)}** (claim: below 5; each: ${each}) | |`)
  const statuses = all.flatMap(one => one.answers).sort()
  const counts = [...new Set(statuses)].map(of => `${statuses.filter(status => status === of).length} × ${of}`)
  const isIn = all.every(({ ownerIsIn }) => ownerIsIn)
  console.log(`\nAnswers: ${counts.join(', ')}. The owner, on a known device: ${isIn ? 'in' : 'out'}.`)
  const spent = [0, 1, 2].map(at => (median(all.map(({ usedUs }) => usedUs[at] ?? 0)) / 1_000).toFixed(0))
  const waited = `its main thread waited ${spent[2]} ms for a core`
  console.log(`Processor, a flood: sender ${spent[0]} ms, server ${spent[1]} ms; ${waited}.\n`)
}

function ratio(during: readonly number[], rest: readonly number[]): string {
  return (Number(percentile(during, 99)) / Number(percentile(rest, 99))).toFixed(1)
}

/** µs so far: of this process, of the server with all its threads, and those its main thread waited for a core. */
function usage({ cpuUs, waitedUs }: Server): readonly number[] {
  const { user, system } = process.cpuUsage()
  return [user + system, cpuUs(), waitedUs()]
}

async function stormed(
  url: string,
  whose: (n: number) => string,
  crowd: readonly Agent[],
  answers: number[],
): Promise<void> {
  await Promise.all(
    crowd.map(async (agent, n) => {
      const body = JSON.stringify({ email: whose(n), password: `not the password ${n}` })
      const ask = { method: 'POST', body, from: addressOf(n), agent }
      const { status } = await asked(`${url}/api/shop/accounts/sign-in`, ask)
      answers.push(status)
    }),
  )
}

/** Opens a connection of each, some at a time: when a thousand are opened at once the kernel may refuse some. */
async function connected(url: string, crowd: readonly Agent[]): Promise<void> {
  for (let n = 0; n < crowd.length; n += 50) {
    await Promise.all(crowd.slice(n, n + 50).map(agent => asked(`${url}/api/shop/api/open`, { agent })))
  }
}

interface Reader {
  /** Milliseconds of each plain GET until `end`. */
  during(end: Promise<unknown>): Promise<readonly number[]>
  stop(): Promise<void>
}

/** See `reader.ts`. */
async function readerOf(folder: string, url: string): Promise<Reader> {
  const child = spawn(process.execPath, [join(folder, 'reader.js'), url], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await lines.next()
  if (apart) pinned(child.pid, 1)
  goesFirst(child.pid ?? 0)
  return {
    async during(end) {
      child.stdin.write('begin\n')
      await end
      child.stdin.write('end\n')
      const { value } = await lines.next()
      if (value === undefined) throw new Error('the reader has ended')
      return JSON.parse(value)
    },
    stop: () => stopped(child),
  }
}

/** Readers have processors of their own, as attackers have: what they wait for here would not be the server's. For root alone. */
function goesFirst(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST)
  } catch (error) {
    console.log(`The reader has no priority above the others: ${error}`)
  }
}

// ---------- asking

interface Tokens {
  readonly accessToken: string
  readonly device: string
}

async function signedIn(url: string, email: string, device?: string): Promise<Tokens> {
  const shown = { email, password: ownersPassword, ...(device ? { device } : {}) }
  const body = JSON.stringify({ ...shown, deliver: 'body' })
  const { status, text } = await asked(`${url}/api/shop/accounts/sign-in`, { method: 'POST', body, from: '192.0.2.1' })
  if (status !== 200) throw new Error(`the owner was not let in: ${status} ${text}`)
  return JSON.parse(text).tokens
}

interface Ask {
  readonly method?: string
  readonly body?: string
  readonly from?: string
  readonly agent?: Agent
  readonly headers?: Readonly<Record<string, string>>
}

function asked(url: string, ask: Ask) {
  const { method = 'GET', body, from = '192.0.2.9', headers = {}, agent = others } = ask
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const all = { 'x-forwarded-for': from, ...type, ...headers }
    const asking = request(url, { method, agent, headers: all }, async response => {
      let text = ''
      for await (const piece of response) text += piece
      resolve({ status: response.statusCode ?? 0, text })
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

async function loaded(many: number, atOnce: number, ask: () => Promise<{ readonly status: number }>): Promise<void> {
  let left = many
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const { status } = await ask()
      if (status !== 200) throw new Error(`answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

function addressOf(n: number): string {
  return `198.18.${Math.floor(n / 250)}.${(n % 250) + 1}`
}

// ---------- the server

interface Server {
  readonly url: string
  /** Where its programs are. */
  readonly folder: string
  /** Processor time used so far, by all its threads, in µs. */
  cpuUs(): number
  /** The address of one whom nobody has tried yet: what is used up stays so for a quarter of an hour. */
  nextOwner(): string
  /** For which its main thread was ready to run, and had no core. 0 where the kernel does not say. */
  waitedUs(): number
  stop(): Promise<void>
}

const apart = process.argv.includes('--apart')
const tickUs = 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

async function started(): Promise<Server> {
  // Where better-auth is found.
  const folder = mkdtempSync(join(process.cwd(), '../accounts/node_modules/.bench-'))
  bundled(folder)
  const owners = 1 + 4 * option('floods', 6)
  const child = spawn(process.execPath, [join(folder, 'server.js'), String(owners)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async (): Promise<void> => {
    await stopped(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await portOf(child)
    if (apart)
      for (const [pid, core] of [
        [child.pid, 0],
        [process.pid, 1],
      ] as const)
        pinned(pid, core)
    const pid = child.pid ?? 0
    let known = 0
    const nextOwner = () => `owner-${++known}@example.org`
    const used = { cpuUs: () => cpuUs(pid), waitedUs: () => waitedUs(pid) }
    return { url: `http://127.0.0.1:${port}`, folder, ...used, nextOwner, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The server, beside it the thread that PostgreSQL runs in, and who reads meanwhile. */
function bundled(outdir: string): void {
  const source = join(process.cwd(), '../framework/src')
  writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }')
  buildSync({
    entryPoints: [
      ...['server.ts', 'reader.ts'].map(file => join(process.cwd(), 'accounts', file)),
      join(source, 'embedded/database-worker.ts'),
    ],
    outdir,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    alias: {
      groundplan: join(source, 'index.ts'),
      '@groundplan/accounts': join(source, '../../accounts/src/index.ts'),
    },
    platform: 'node',
    format: 'esm',
    target: 'es2022',
  })
}

async function portOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface(stdout ?? process.stdin)) {
    const port = /^port (\d+)$/.exec(line)?.[1]
    if (port !== undefined) return port
  }
  throw new Error('the server ended before it listened')
}

/** User and system time of a process, from the kernel. */
function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickUs
}

function waitedUs(pid: number): number {
  const file = `/proc/${pid}/task/${pid}/schedstat`
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[1]) / 1_000 : 0
}

/** From now on all threads of a process run on one core. */
function pinned(pid: number | undefined, core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' })
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    if (child.exitCode !== null || !child.kill()) resolve()
  })
}

// ---------- figures

function option(name: string, usual: number): number {
  const given = process.argv.find(each => each.startsWith(`--${name}=`))
  return given === undefined ? usual : Number(given.slice(name.length + 3))
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

function percentile(values: readonly number[], of: number): string {
  const sorted = values.toSorted((one, other) => one - other)
  return (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * of) / 100))] ?? 0).toFixed(2)
}

await main()
