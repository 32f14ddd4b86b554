/**
 * The outbox of a database: messages that are kept in a transaction, and leave if, and only if, it commits.
 *
 * A transaction collects its messages and inserts them as its last act. Their position is counted up at the insert. Of
 * one order key only one transaction at a time may insert, from its insert to its commit (an advisory lock), so that
 * positions have the order of the commits where order matters; other transactions do not wait for one another. The
 * relay reads by position, sends, and forgets: twice perhaps, never not at all.
 */
import type { DatabaseEngine, SqlTransaction } from '../../contract/database.ts'
import type { NewMessage } from '../../contract/queue.ts'
import type { Outbox, OutboxEntry } from '../../contract/store.ts'

/** The table, made by `migrate`. */
export const outboxTable = `create table if not exists groundplan_outbox (
  position bigint generated always as identity primary key,
  queue text not null,
  id text not null,
  body text not null,
  order_key text,
  due_at_ms bigint,
  headers jsonb,
  entered_at timestamptz not null default now()
)`

export interface SqlOutbox extends Outbox {
  /** Keeps messages in a transaction; its last act before it commits. */
  keep(sql: SqlTransaction, messages: readonly NewMessage[]): Promise<void>
  /** Tells the listeners: a transaction that kept messages has committed. */
  committed(): void
}

/** The outbox of a database whose migrations have run. `open` gives its engine; an untouched one is not opened for it. */
export function sqlOutbox(open: () => Promise<DatabaseEngine>, isUntouched = () => false): SqlOutbox {
  const listeners = new Set<() => void>()
  return {
    keep,
    committed() {
      for (const listener of listeners) listener()
    },
    async peek(max) {
      if (isUntouched()) return []
      const { rows } = await (await open()).query(peeking, [max])
      return rows.map(row => entryOf(row as unknown as Row))
    },
    async forget(positions) {
      if (positions.length > 0) await (await open()).query(forgetting, [positions])
    },
    onEntry(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const peeking = `select position::text, queue, id, body, order_key, due_at_ms, headers
  from groundplan_outbox order by groundplan_outbox.position limit $1`

const forgetting = `delete from groundplan_outbox
  where position in (select value::bigint from jsonb_array_elements_text($1::jsonb))`

// ---------- keeping

async function keep(sql: SqlTransaction, messages: readonly NewMessage[]): Promise<void> {
  for (const key of orderKeys(messages)) await sql.query(locking, [key])
  for (let from = 0; from < messages.length; from += atOnce) await insert(sql, messages.slice(from, from + atOnce))
}

/** First half of the lock's name, so that no other advisory lock is meant. */
const locking = `select pg_advisory_xact_lock(1198679379, hashtext($1))`

/** Sorted, so that two transactions with the same keys wait and do not block each other. */
function orderKeys(messages: readonly NewMessage[]): readonly string[] {
  const keys = messages.flatMap(({ queue, orderKey }) => (orderKey === undefined ? [] : [`${queue}/${orderKey}`]))
  return [...new Set(keys)].sort()
}

const atOnce = 1_000
const columns = 6

async function insert(sql: SqlTransaction, messages: readonly NewMessage[]): Promise<void> {
  const row = (at: number): string =>
    `(${Array.from({ length: columns }, (_, c) => `$${at * columns + c + 1}`).join(', ')})`
  const rows = messages.map((_, at) => row(at)).join(', ')
  const values = messages.flatMap(({ queue, id, body, orderKey, dueAtMs, headers }) => [
    queue,
    id,
    body,
    orderKey,
    dueAtMs,
    headers,
  ])
  await sql.query(
    `insert into groundplan_outbox (queue, id, body, order_key, due_at_ms, headers) values ${rows}`,
    values,
  )
}

// ---------- sending on

interface Row {
  readonly position: string
  readonly queue: string
  readonly id: string
  readonly body: string
  readonly order_key: string | null
  readonly due_at_ms: number | null
  readonly headers: Readonly<Record<string, string>> | null
}

function entryOf({ position, queue, id, body, order_key, due_at_ms, headers }: Row): OutboxEntry {
  const message: NewMessage = {
    queue,
    id,
    body,
    ...(order_key === null ? {} : { orderKey: order_key }),
    ...(due_at_ms === null ? {} : { dueAtMs: due_at_ms }),
    ...(headers === null ? {} : { headers }),
  }
  return { position, message }
}
