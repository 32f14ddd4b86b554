/**
 * Claim: tables on PostgreSQL cost at most a quarter more than the plainest use of `pg`: by key, a page of a partition, and
 * puts; with conditions, indexes, changes and messages possible in each commit, none of which plain queries do.
 *
 * Beside us: a table of JSON with the same key, prepared statements, a pool of as many connections, on one server of the
 * benchmark's own with its durability as it comes; 64 in flight. Rounds take turns. `--rounds=3`, `--ms=1500`.
 */
import pg from 'pg'
import { type Engine, openEngine } from '../../drivers/postgres/src/engine.ts'
import { migrate } from '../../drivers/postgres/src/migrate.ts'
import { startServer } from '../../drivers/postgres/src/test/cluster.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { during, percentile } from '../disk.ts'

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const rounds = option('rounds', 3)
const ms = option('ms', 1_500)
const [streams, perStream, inFlight, connections] = [200, 50, 64, 16]
const shape = {
  plan: 'bench',
  tables: [{ name: 'events', key: ['stream', 'at'], indexes: {}, changesTo: [] }],
  queues: [],
}

interface Event {
  readonly stream: string
  readonly at: number
  readonly customer: string
  readonly amount: number
  readonly note: string
}

const eventOf = (stream: number, at: number): Event => ({
  ...{ stream: `stream-${stream}`, at, customer: 'customer-7', amount: at * 3 },
  note: 'about 150 bytes of item in all, as small rows are',
})

interface Contender {
  get(stream: string, at: number): Promise<unknown>
  page(stream: string): Promise<unknown>
  put(event: Event): Promise<unknown>
}

function ours({ store }: Engine): Contender {
  return {
    get: (stream, at) => store.get('events', { stream, at }),
    page: async partition => (await store.query('events', { partition, limit: 10 })).items,
    put: event => store.commit({ writes: [{ op: 'put', table: 'events', item: { ...event } }] }),
  }
}

function plain(pool: pg.Pool): Contender {
  const ask = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values })
  return {
    get: async (stream, at) =>
      (await ask('get', 'select item from plain where p = $1 and s = $2', [stream, at])).rows[0],
    page: async stream => (await ask('page', 'select item from plain where p = $1 order by s limit 10', [stream])).rows,
    put: event =>
      ask('put', 'insert into plain values ($1, $2, $3) on conflict (p, s) do update set item = excluded.item', [
        event.stream,
        event.at,
        JSON.stringify(event),
      ]),
  }
}

type Rates = Readonly<Record<keyof Contender, number>>

async function measured(one: Contender): Promise<Rates> {
  let n = 0
  const next = (): [stream: number, at: number] => [++n % streams, (n * 7) % perStream]
  const perSecond = async (run: () => Promise<unknown>): Promise<number> =>
    ((await during(ms, inFlight, run)) / ms) * 1_000
  return {
    get: await perSecond(() => {
      const [stream, at] = next()
      return one.get(`stream-${stream}`, at)
    }),
    page: await perSecond(() => one.page(`stream-${next()[0]}`)),
    put: await perSecond(() => one.put(eventOf(...next()))),
  }
}

const server = await startServer({ safe: true })
const clock = systemClock()
try {
  await migrate(shape, { url: server.url, clock })
  const engine = await openEngine(shape, { url: server.url, clock, connections })
  const pool = new pg.Pool({ connectionString: server.url, max: connections })
  await pool.query('create table plain (p text collate "C", s bigint, item json not null, primary key (p, s))')
  const contenders = { 'plain `pg`': plain(pool), groundplan: ours(engine) }
  for (const one of Object.values(contenders)) {
    const all = Array.from({ length: streams * perStream }, (_, n) => eventOf(n % streams, Math.floor(n / streams)))
    for (let at = 0; at < all.length; at += 500) await Promise.all(all.slice(at, at + 500).map(each => one.put(each)))
  }
  await pool.query('analyze')
  const found = new Map<string, Rates[]>(Object.keys(contenders).map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of Object.entries(contenders)) found.get(name)?.push(await measured(one))
  }
  const beside = found.get('plain `pg`') ?? []
  const median = (values: readonly number[]): number => percentile([...values], 0.5)
  console.log('| 64 in flight | get/s | page of 10/s | put/s |\n|---|---|---|---|')
  for (const [name, all] of found) {
    const cells = (['get', 'page', 'put'] as const).map(what => {
      const ratio = median(all.map((rates, at) => rates[what] / (beside[at]?.[what] ?? 1)))
      return `${Math.round(median(all.map(rates => rates[what]))).toLocaleString('en')}, ${ratio.toFixed(2)} ×`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  await pool.end()
  await engine.close()
} finally {
  await server.remove()
}
