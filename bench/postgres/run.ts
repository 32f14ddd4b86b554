/**
 * Claim: queues on PostgreSQL take messages at least as fast as plain inserts do, one at a time from many callers, and
 * hand out and take back at least 20,000 a second; with repeated ids known, attempts counted and leases held, none of
 * which the plain table does. Dead rows stay bounded under steady load.
 *
 * The plain table beside us: one insert a message, 64 taken at a time by SKIP LOCKED and deleted, a pool of 16. Both on one
 * server of the benchmark's own, with its durability as it comes. Rounds take turns. `--rounds=3`; `--bloat=600`: seconds of
 * steady load in which dead rows are counted (0: none; from 600 on it fails where the size grows on), `--rate=1000` messages a
 * second; `--naptime=5` lets autovacuum look every 5 seconds instead of every minute, so that a short run shows it too. Under
 * a minute without them.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type Engine, openEngine } from '../../drivers/postgres/src/engine.ts'
import { migrate } from '../../drivers/postgres/src/migrate.ts'
import { startServer } from '../../drivers/postgres/src/test/cluster.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { during, percentile } from '../disk.ts'

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const rounds = option('rounds', 3)
const bloatSeconds = option('bloat', 0)
const steadyRate = option('rate', 1_000)
const addMs = 2_000
const waiting = 20_000
const body = JSON.stringify({
  order: 'o-123456',
  customer: 'customer-7',
  items: [1, 2, 3],
  note: 'about 130 bytes of body',
})
const shape = { plan: 'bench', tables: [], queues: [{ name: 'work', ordered: false }] }

/** How many a second. */
interface Rates {
  readonly add: number
  readonly bulk: number
  readonly work: number
  readonly latencies: readonly number[]
}

interface Contender {
  add(): Promise<unknown>
  bulk(count: number): Promise<unknown>
  /** Works until so many are done; with a sending time in the body, tells how long each took. */
  work(count: number, took: (body: string) => void): Promise<void>
  empty(): Promise<unknown>
}

// ---------- ours

let ids = 0
const message = (text = body) => ({ queue: 'work', id: `m${++ids}`, body: text })

function ours({ queues }: Engine): Contender & { addOne(text: string): Promise<unknown> } {
  return {
    add: () => queues.send([message()]),
    addOne: text => queues.send([message(text)]),
    bulk: count => queues.send(Array.from({ length: count }, () => message())),
    async work(count, took) {
      const stop = new AbortController()
      setMaxListeners(100, stop.signal)
      let done = 0
      const consumer = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          const batch = await queues.receive('work', { max: 10, leaseMs: 30_000, signal: stop.signal })
          for (const each of batch) took(each.body)
          await Promise.all(batch.map(({ lease }) => queues.done('work', [lease])))
          done += batch.length
          if (done >= count) stop.abort()
        }
      }
      await Promise.all(Array.from({ length: 64 }, consumer))
    },
    empty: () => queues.purge('work', 'waiting'),
  }
}

// ---------- the plain table

function plain(pool: pg.Pool): Contender & { addOne(text: string): Promise<unknown> } {
  const addOne = (text: string) =>
    pool.query({ name: 'add', text: 'insert into plain (body) values ($1)', values: [text] })
  const take = `with next as (select id from plain where lease is null order by id limit 64 for update skip locked)
    update plain p set lease = now() from next where p.id = next.id returning p.id, p.body`
  return {
    addOne,
    add: () => addOne(body),
    bulk: count =>
      pool.query('insert into plain (body) select unnest($1::text[])', [Array.from({ length: count }, () => body)]),
    async work(count, took) {
      let done = 0
      const consumer = async (): Promise<void> => {
        while (done < count) {
          const { rows } = await pool.query<{ id: string; body: string }>({ name: 'take', text: take })
          for (const row of rows) took(row.body)
          if (rows.length === 0) await wait(1)
          else
            await pool.query({
              name: 'done',
              text: 'delete from plain where id = any($1)',
              values: [rows.map(row => row.id)],
            })
          done += rows.length
        }
      }
      await Promise.all(Array.from({ length: 4 }, consumer))
    },
    empty: () => pool.query('truncate plain'),
  }
}

// ---------- measuring

async function measured(one: ReturnType<typeof plain>): Promise<Rates> {
  const added = await during(addMs, 64, () => one.add())
  await one.empty()
  const bulkFrom = performance.now()
  for (let sent = 0; sent < waiting; sent += 500) await one.bulk(500)
  const bulkMs = performance.now() - bulkFrom
  const workFrom = performance.now()
  await one.work(waiting, () => {})
  const workMs = performance.now() - workFrom
  return {
    add: (added / addMs) * 1_000,
    bulk: (waiting / bulkMs) * 1_000,
    work: (waiting / workMs) * 1_000,
    latencies: await latencies(one),
  }
}

/** From before the sending to the handler, at 500 a second. */
async function latencies(one: ReturnType<typeof plain>): Promise<readonly number[]> {
  const taken: number[] = []
  const count = 1_000
  const working = one.work(count, text => taken.push(performance.now() - Number(text)))
  const from = performance.now()
  for (let sent = 0; sent < count; sent++) {
    void one.addOne(String(performance.now()))
    while (performance.now() - from < sent * 2) await wait(1)
  }
  await working
  return taken
}

function median(values: readonly number[]): number {
  return percentile([...values], 0.5)
}

function line(name: string, all: readonly Rates[], beside: readonly Rates[]): string {
  const cells = (['add', 'bulk', 'work'] as const).map(what => {
    const ratio = median(all.map((rates, at) => rates[what] / (beside[at]?.[what] ?? 1)))
    return `${Math.round(median(all.map(rates => rates[what]))).toLocaleString('en')}, ${ratio.toFixed(2)} ×`
  })
  const times = all.flatMap(rates => rates.latencies)
  const ms = [0.5, 0.99].map(share => percentile([...times], share).toFixed(1))
  return `| ${name} | ${cells.join(' | ')} | ${ms.join(' / ')} |`
}

/** Ids are kept for five minutes, so that long everything grows; from then on it may not. */
const growingSeconds = 330
const mostGrowth = 1.3

/**
 * So many messages in each second, which other work on the machine must not change, since the ids of five minutes are kept: the
 * rows that are dead and the size of the tables meanwhile. Fails where they grow on.
 */
async function bloat(one: Contender, pool: pg.Pool): Promise<void> {
  console.log('\n| seconds of load | handled | dead rows: messages | ids | size of both |\n|---|---|---|---|---|')
  const from = performance.now()
  let handled = 0
  let shownAt = 0
  let second = 0
  const sizes: { readonly seconds: number; readonly size: number }[] = []
  while (performance.now() - from < bloatSeconds * 1_000) {
    for (let at = 0; at < steadyRate; at += 64) {
      await Promise.all(Array.from({ length: Math.min(64, steadyRate - at) }, () => one.add()))
    }
    await one.work(steadyRate, () => {})
    handled += steadyRate
    await wait(Math.max(0, from + ++second * 1_000 - performance.now()))
    const seconds = Math.round((performance.now() - from) / 1_000)
    if (seconds < shownAt) continue
    shownAt += Math.max(5, bloatSeconds / 10)
    const { rows } = await pool.query<{ n_dead_tup: string; size: string }>(
      `select n_dead_tup, pg_total_relation_size(relid) as size from pg_stat_user_tables
       where relname in ('groundplan_messages', 'groundplan_sent') order by relname`,
    )
    const size = rows.reduce((sum, row) => sum + Number(row.size), 0) / 1024 ** 2
    sizes.push({ seconds, size })
    console.log(`| ${seconds} | ${handled} | ${rows[0]?.n_dead_tup} | ${rows[1]?.n_dead_tup} | ${size.toFixed(1)} MB |`)
  }
  verdict(sizes)
}

/** From five minutes on, the size at the end beside the size then. */
function verdict(sizes: readonly { readonly seconds: number; readonly size: number }[]): void {
  const [first, ...later] = sizes.filter(({ seconds }) => seconds >= growingSeconds)
  const last = later.at(-1)
  if (!first || !last) {
    console.log('\nToo short to say whether it grows on: ids are kept for 5 minutes (`--bloat=600`).')
    return
  }
  const growth = last.size / first.size
  console.log(`\nFrom ${first.seconds} to ${last.seconds} seconds the size went to ${growth.toFixed(2)} × of itself.`)
  if (growth > mostGrowth) process.exitCode = 1
}

const naptime = option('naptime', 60)
const server = await startServer({ safe: true, settings: [`autovacuum_naptime=${naptime}s`] })
const clock = systemClock()
try {
  await migrate(shape, { url: server.url, clock })
  const engine = await openEngine(shape, { url: server.url, clock, connections: 16 })
  const pool = new pg.Pool({ connectionString: server.url, max: 16 })
  await pool.query(
    'create table plain (id bigint generated always as identity primary key, body text not null, lease timestamptz)',
  )
  const contenders = { 'plain table, SKIP LOCKED': plain(pool), groundplan: ours(engine) }
  const rates: Record<string, Rates[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      rates[name] = [...(rates[name] ?? []), await measured(contender)]
    }
  }
  const beside = rates['plain table, SKIP LOCKED'] ?? []
  if (rounds > 0)
    console.log('| | add/s, 64 in flight | bulk add/s, 500 each | work/s | sent to handled p50 / p99 ms |')
  if (rounds > 0) console.log('|---|---|---|---|---|')
  for (const [name, all] of Object.entries(rates)) console.log(line(name, all, beside))
  if (bloatSeconds > 0) await bloat(contenders.groundplan, pool)
  await pool.end()
  await engine.close()
} finally {
  await server.remove()
}
