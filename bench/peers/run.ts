/**
 * Claims beside peers: durable jobs beside BullMQ, NATS JetStream, pg-boss, graphile-worker and an append-only file;
 * tables beside dynalite; the time from the command to the first good answer beside Architect's sandbox and
 * serverless-offline.
 *
 * `npm run peers -w groundplan-bench -- jobs tables start --rounds=3 --seconds=3`: without a name, all three; `postgres`: jobs
 * on one PostgreSQL server, of its queues and of ours. The peers
 * are installed in `.groundplan/bench/peers` the first time. Contenders take turns; ratios are taken in each round.
 * `--flushes=5000` slows the disk down to so many fdatasync a second, for everybody alike; `--only=bullmq,file,groundplan`
 * leaves the other jobs out.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { flushesPerSecond } from '../disk.ts'
import { asItIs, type DiskSpeed, slowedTo } from './disk-speed.ts'
import { type Installed, installed } from './install.ts'
import { missing, nats, postgres, redis, type Server, serverFolder } from './servers.ts'
import { starts } from './starts.ts'
import { type Column, cell, headed, median, row } from './table.ts'

interface Contender {
  readonly title: string
  readonly module: string
  /** Whether what was awaited survives a power cut. */
  readonly durable: string
  config(servers: Servers): object
}

interface Servers {
  readonly always: Server
  readonly everysec: Server
  readonly nats: Server
  readonly postgres: Server
}

const url = ({ postgres: { port } }: Servers) => `postgres://bench@127.0.0.1:${port}/postgres`

const queues: readonly Contender[] = [
  {
    title: 'BullMQ, `appendfsync always`',
    module: 'bullmq',
    durable: 'yes',
    config: s => ({ redisPort: s.always.port }),
  },
  {
    title: 'BullMQ, `appendfsync everysec`',
    module: 'bullmq',
    durable: 'no',
    config: s => ({ redisPort: s.everysec.port }),
  },
  { title: 'NATS JetStream, file', module: 'nats', durable: 'no', config: s => ({ natsPort: s.nats.port }) },
  { title: 'pg-boss, tuned', module: 'pg-boss', durable: 'yes', config: s => ({ postgresUrl: url(s) }) },
  { title: 'graphile-worker, tuned', module: 'graphile', durable: 'yes', config: s => ({ postgresUrl: url(s) }) },
  { title: 'append-only file, group commit', module: 'file', durable: 'yes', config: () => ({}) },
  { title: '**Groundplan**, embedded', module: 'groundplan', durable: 'yes', config: () => ({}) },
]

/** Jobs that each of them works off at least. */
const postgresWork = 30_000

/** All on one server, with its durability as it comes. */
const onPostgres: readonly Pick<Contender, 'title' | 'module'>[] = [
  { title: 'pg-boss, tuned', module: 'pg-boss' },
  { title: 'graphile-worker, tuned', module: 'graphile' },
  { title: '**Groundplan**, on PostgreSQL', module: 'groundplan-postgres' },
]

const tables: readonly Contender[] = [
  { title: 'dynalite in memory, through the SDK', module: 'tables-dynalite', durable: 'no', config: () => ({}) },
  {
    title: 'dynalite on LevelDB, through the SDK',
    module: 'tables-dynalite',
    durable: 'no',
    config: () => ({ kept: true }),
  },
  { title: '**Groundplan**, embedded', module: 'tables-groundplan', durable: 'yes', config: () => ({}) },
]

/** Those that write to the disk themselves; of the others, their servers do. */
const ownDisk: ReadonlySet<string> = new Set(['file', 'groundplan', 'tables-groundplan', 'tables-dynalite'])

const rounds = option('rounds', 3)
const seconds = option('seconds', 3)
const named = process.argv.slice(2).filter(word => !word.startsWith('-'))
const wanted = (name: string): boolean => named.length === 0 || named.includes(name)

const only = process.argv
  .find(each => each.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',')
const peers = installed(process.cwd())
const disk = await diskSpeed(option('flushes', 0))
if (wanted('jobs')) await jobs()
if (named.includes('postgres')) await postgresJobs()
if (wanted('tables')) await tableRounds()
if (wanted('start')) console.log(await starts(peers, resolve(process.cwd(), '..'), rounds))

/** `perSecond`: 0 for the disk as it is. */
async function diskSpeed(perSecond: number): Promise<DiskSpeed> {
  const parent = join(peers.folder, '../data')
  mkdirSync(parent, { recursive: true })
  const speed =
    perSecond > 0
      ? await slowedTo(perSecond, [peers.node, join(peers.folder, 'contenders/flushes.mjs'), parent])
      : asItIs
  console.log(`  ${speed.said}`)
  return speed
}

async function jobs(): Promise<void> {
  const absent = missing()
  if (absent.length > 0) throw new Error(`this needs servers: apt-get install ${absent.join(' ')}`)
  const folder = serverFolder()
  const stops: Server[] = []
  const kept = async (starting: Promise<Server>): Promise<Server> => {
    const server = await starting
    stops.push(server)
    return server
  }
  try {
    const servers: Servers = {
      always: await kept(redis(join(folder.path, 'redis-always'), disk, 'always')),
      everysec: await kept(redis(join(folder.path, 'redis-everysec'), disk, 'everysec')),
      nats: await kept(nats(join(folder.path, 'nats'), disk)),
      postgres: await kept(postgres(join(folder.path, 'postgres'), disk)),
    }
    const columns: readonly Column[] = [
      { title: 'added/s', key: 'addPerSecond', against: 'BullMQ, `appendfsync always`' },
      { title: 'worked/s', key: 'workPerSecond', against: 'BullMQ, `appendfsync always`' },
      { title: 'p50 ms', key: 'p50' },
      { title: 'p99 ms', key: 'p99' },
      // Of its own process: where there is a server, that takes its own.
      { title: 'CPU µs an add', key: 'addCpuUs' },
      { title: 'CPU µs a job worked', key: 'workCpuUs' },
      { title: 'fdatasync/s', key: 'flushes' },
    ]
    await compared(
      'drive',
      queues.filter(({ module }) => !only || only.includes(module)),
      servers,
      columns,
    )
  } finally {
    for (const server of stops) await server.stop()
    folder.remove()
  }
}

async function postgresJobs(): Promise<void> {
  const folder = serverFolder()
  const server = await postgres(join(folder.path, 'postgres'), disk)
  const against = 'graphile-worker, tuned'
  try {
    const columns: readonly Column[] = [
      { title: 'added/s', key: 'addPerSecond', against },
      { title: 'worked/s', key: 'workPerSecond', against },
      { title: 'p50 ms', key: 'p50' },
      { title: 'p99 ms', key: 'p99' },
      { title: 'CPU µs a job worked', key: 'workCpuUs' },
    ]
    const config = () => ({ postgresUrl: `postgres://bench@127.0.0.1:${server.port}/postgres`, jobs: postgresWork })
    const contenders = onPostgres.map(each => ({ ...each, durable: 'yes', config }))
    await compared('drive', contenders, undefined, columns)
  } finally {
    await server.stop()
    folder.remove()
  }
}

async function tableRounds(): Promise<void> {
  const against = 'dynalite on LevelDB, through the SDK'
  await compared('tables-drive', tables, undefined, [
    { title: 'put/s', key: 'put', against },
    { title: 'get/s', key: 'get', against },
    { title: 'query of 10/s', key: 'query', against },
    { title: 'fdatasync/s', key: 'flushes' },
  ])
}

async function compared(
  driver: string,
  contenders: readonly Contender[],
  servers: Servers | undefined,
  columns: readonly Column[],
): Promise<void> {
  const measured = new Map(contenders.map(({ title }) => [title, [] as Record<string, number>[]]))
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      process.stderr.write(`  round ${round + 1} of ${rounds}: ${contender.title}          \r`)
      measured.get(contender.title)?.push(await driven(peers, driver, contender, servers))
    }
  }
  console.log(`\n${headed(['', 'on disk when awaited', ...columns.map(({ title }) => title)])}`)
  for (const { title, durable } of contenders) {
    console.log(row([title, durable, ...columns.map(column => cell(column, title, measured))]))
  }
  const flushes = [...measured.values()].flat().map(({ flushes = 0 }) => flushes)
  console.log(`\n  ${rounds} rounds; the disk did ${Math.round(median(flushes))} fdatasync/s meanwhile.\n`)
}

/** One contender in a process of its own, on a folder of its own; killed when it takes far too long. */
async function driven(
  { folder, node }: Installed,
  driver: string,
  { module, config }: Contender,
  servers: Servers | undefined,
): Promise<Record<string, number>> {
  const parent = join(folder, '../data')
  mkdirSync(parent, { recursive: true })
  const data = mkdtempSync(join(parent, 'run-'))
  try {
    const before = flushesPerSecond(data)
    const given = { ...(servers ? config(servers) : config({} as Servers)), folder: data, seconds, mostSeconds: 20 }
    const command = [join(folder, 'contenders', `${driver}.mjs`), module, JSON.stringify(given)]
    const [program, options] = (ownDisk.has(module) ? disk : asItIs).under(node, command)
    const limits = { cwd: folder, timeout: 90_000, killSignal: 'SIGKILL' } as const
    const { stdout } = await promisify(execFile)(program, options, limits)
    const line = stdout.trim().split('\n').at(-1) ?? '{}'
    return { ...(JSON.parse(line) as Record<string, number>), flushes: (before + flushesPerSecond(data)) / 2 }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

function option(name: string, usual: number): number {
  const given = process.argv.find(each => each.startsWith(`--${name}=`))
  return given === undefined ? usual : Number(given.slice(name.length + 3))
}
