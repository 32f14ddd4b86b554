/**
 * A fresh schema on a server, with a clock that stands still on both sides: `groundplan_now()` is put in the place of the
 * server's own time, and advanced together with the process's.
 */
import { randomUUID } from 'node:crypto'
import { memoryClock } from 'groundplan/memory/clock'
import type { TestTime } from 'groundplan/suite/promises'
import pg from 'pg'
import type { Held } from '../catalogue.ts'
import { type Engine, type EngineOptions, openEngine } from '../engine.ts'
import { migrate } from '../migrate.ts'
import { quoted } from '../schema.ts'

export interface Bed {
  readonly time: TestTime
  readonly schema: string
  open(options?: Partial<EngineOptions>): Promise<Engine>
  /** For what a test asks the server itself. */
  readonly sql: pg.Client
  close(): Promise<void>
}

export async function bed(url: string, needs: Omit<Held, 'plan'>): Promise<Bed> {
  const schema = `test-${randomUUID()}`
  const shape = { plan: schema, ...needs }
  const inner = memoryClock(Date.UTC(2030, 0, 1))
  const engines: Engine[] = []
  const sql = new pg.Client(url)
  sql.on('error', () => {})
  await sql.connect()
  await migrate(shape, { url, clock: inner })
  await standStill(sql, quoted(schema), inner.now())
  const setTime = (nowMs: number) => sql.query(`update ${quoted(schema)}.test_time set now_ms = ${nowMs}`)
  const quiet = () => untilQuiet(engines)
  const advance = async (ms: number): Promise<void> => {
    const untilMs = inner.now() + ms
    await quiet()
    for (let next = inner.nextAt(); next !== undefined && next <= untilMs; next = inner.nextAt()) {
      await setTime(next)
      await inner.advance(Math.max(0, next - inner.now()))
      await quiet()
    }
    await setTime(untilMs)
    await inner.advance(untilMs - inner.now())
    await quiet()
  }
  return {
    schema,
    sql,
    time: { clock: inner, advance },
    async open(options = {}) {
      const engine = await openEngine(shape, { url, clock: inner, connections: 4, listens: false, ...options })
      engines.push(engine)
      return engine
    },
    async close() {
      for (const engine of engines) await engine.close()
      await sql.query(`set client_min_messages = error; drop schema ${quoted(schema)} cascade`)
      await sql.end()
    },
  }
}

async function standStill(sql: pg.Client, s: string, nowMs: number): Promise<void> {
  await sql.query(`create table ${s}.test_time (now_ms bigint)`)
  await sql.query(`insert into ${s}.test_time values (${nowMs})`)
  await sql.query(`create or replace function ${s}.groundplan_now() returns bigint language sql stable
    return (select now_ms from ${s}.test_time)`)
}

/** Until nothing is under way, and what that led to neither. */
async function untilQuiet(engines: readonly Engine[]): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    await new Promise<void>(resolve => setImmediate(resolve))
    if (engines.some(({ connections }) => connections.busy > 0)) quiet = -1
  }
}
