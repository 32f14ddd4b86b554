/** A fresh schema on a server, in real time: for what happens between processes, and to servers. */
import { randomUUID } from 'node:crypto'
import type { TableShape } from 'groundplan/driver'
import pg from 'pg'
import type { Held } from '../catalogue.ts'
import { type Engine, type EngineOptions, openEngine } from '../engine.ts'
import { migrate } from '../migrate.ts'
import { quoted } from '../schema.ts'
import { realTime } from './time.ts'

export interface Live {
  readonly shape: Held
  /** Another process, as far as the server can tell; of another version of the plan. */
  open(options?: Partial<EngineOptions>, version?: Held): Promise<Engine>
  ask(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  close(): Promise<void>
}

export const counters: TableShape = { name: 'counters', key: ['id'], indexes: {}, changesTo: [] }
export const orders: TableShape = {
  name: 'orders',
  key: ['customer', 'order'],
  indexes: { byState: ['state', 'placed'] },
  changesTo: [],
}

export const needs = {
  tables: [counters, orders],
  queues: [
    { name: 'work', ordered: false },
    { name: 'steps', ordered: true },
  ],
} as const

export async function live(
  url: string,
  held: Omit<Held, 'plan'> = needs,
  plan = `live-${randomUUID()}`,
): Promise<Live> {
  const shape = { plan, ...held }
  const { clock } = realTime()
  await migrate(shape, { url, clock })
  const engines: Engine[] = []
  return {
    shape,
    async open(options = {}, version = shape) {
      const engine = await openEngine(version, { url, clock, connections: 4, patienceMs: 20_000, ...options })
      engines.push(engine)
      return engine
    },
    ask: (text, values) => asked(url, text.replaceAll('$schema', quoted(plan)), values),
    async close() {
      for (const engine of engines) await engine.close()
      await asked(url, `drop schema ${quoted(plan)} cascade`)
    },
  }
}

export async function asked(url: string, text: string, values: readonly unknown[] = []) {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Readonly<Record<string, unknown>>>(text, [...values])
    return rows
  } finally {
    await client.end()
  }
}
