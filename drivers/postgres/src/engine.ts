/** What one process has of a schema: its connections, the lane of its commits, its queues and tables. */
import { type QueueShape, type Schedules, type Store, schedulesOn, type TableShape } from 'groundplan/driver'
import { catalogueOf, type Held } from './catalogue.ts'
import { Changes } from './changes.ts'
import { Commits } from './commits.ts'
import { type ConnectionOptions, Connections } from './connections.ts'
import { Notices } from './notices.ts'
import { type PostgresQueues, postgresQueues } from './queue.ts'
import { quotedSchema } from './schema.ts'
import { postgresStore } from './store.ts'

/** Among the names of queues that are told, none of which is empty. */
const somethingWatched = ''

export interface EngineOptions extends ConnectionOptions {
  /** The PostgreSQL schema that holds the plan. Default: the plan's name. */
  readonly schema?: string
  /** Hears of what other processes send and change, by one connection more. Default true. */
  readonly listens?: boolean
}

export interface Engine {
  readonly connections: Connections
  /** The quoted schema. */
  readonly schema: string
  readonly store: Store
  readonly queues: PostgresQueues
  readonly schedules: Schedules
  close(): Promise<void>
}

/**
 * Opens what a schema holds of a plan.
 * Faults: `engine-unavailable` where the server is not there, or the schema is not made, not up to date, or newer.
 */
export async function openEngine(shape: Held, options: EngineOptions): Promise<Engine> {
  const connections = new Connections(options)
  try {
    return await opened(connections, shape, options)
  } catch (error) {
    await connections.close()
    throw error
  }
}

async function opened(connections: Connections, shape: Held, options: EngineOptions): Promise<Engine> {
  const name = options.schema ?? shape.plan
  const catalogue = await catalogueOf(connections, name, shape)
  const schema = quotedSchema(name)
  connections.lostBefore(await crashedAgoMs(connections, schema))
  const tables: readonly TableShape[] = shape.tables
  const shapes: readonly QueueShape[] = shape.queues
  const heard = (what: readonly string[] | 'all'): void => {
    queues.wake(what === 'all' ? shapes.map(shape => shape.name) : what)
    if (what === 'all' || what.includes(somethingWatched)) changes.look()
  }
  const notices = new Notices({ connections, schema: name, heard })
  const commits = new Commits({
    ...{ connections, schema, catalogue, tables },
    sent(sent) {
      queues.wake(sent.queues)
      if (sent.watched) changes.look()
      notices.tell(sent.watched ? [...sent.queues, somethingWatched] : sent.queues)
    },
  })
  const changes = new Changes({ connections, schema, catalogue: () => commits.catalogue, tables })
  const queues = postgresQueues({ connections, schema, catalogue, queues: shapes, commits })
  const store = postgresStore({
    ...{ connections, schema, catalogue: () => commits.catalogue, tables, commits, changes },
    checkMessages: messages => queues.check(messages),
  })
  if (options.listens ?? true) notices.listen()
  return {
    ...{ connections, schema, store, queues },
    schedules: schedulesOn(store, { now: () => serverTime(connections, schema) }),
    async close() {
      await commits.settled()
      await Promise.all([queues.close(), notices.close(), changes.close()])
      await connections.close()
    },
  }
}

/** What is not logged is emptied by a crash: who finds it so begins a new life. */
async function crashedAgoMs(connections: Connections, schema: string): Promise<number> {
  const life = `${schema}.groundplan_life`
  await connections.repeatable(
    `insert into ${life} (only_one) select true where not exists (select from ${life}) on conflict do nothing`,
  )
  const [row] = await connections.repeatable(`select ${schema}.groundplan_now() - begun_at_ms from ${life}`)
  return Number(row?.[0])
}

/** One clock for the claims of all processes. */
async function serverTime(connections: Connections, schema: string): Promise<number> {
  const [row] = await connections.repeatable(`select ${schema}.groundplan_now()`)
  return Number(row?.[0])
}
