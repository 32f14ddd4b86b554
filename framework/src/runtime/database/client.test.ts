import { sql } from 'kysely'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { DatabaseEngine } from '../../contract/database.ts'
import type { NewMessage } from '../../contract/queue.ts'
import { sharedDatabases } from '../../memory/test/databases.ts'
import { type DatabaseReader, type DatabaseWriter, database } from '../../plan/database.ts'
import type { Operation } from '../../plan/operation.ts'
import { type DatabaseParts, databaseReader, databaseWriter } from './client.ts'
import { migrate } from './migrate.ts'
import { type SqlOutbox, sqlOutbox } from './outbox.ts'

const Account = z.object({ account_id: z.string(), name: z.string() })
const Gift = z.object({
  gift_id: z.string(),
  account_id: z.string(),
  state: z.enum(['composing', 'sent']).default('composing'),
  photos: z.array(z.string()).nullable(),
  created_at: z.iso.datetime(),
})
const gifts = database('gifts', {
  rows: { accounts: Account, gifts: Gift },
  migrations: [
    {
      name: '001-gifts',
      up: `create table accounts (account_id text primary key, name text not null);
        create table gifts (gift_id text primary key, account_id text not null references accounts,
          state text not null default 'composing', photos jsonb, created_at timestamptz not null)`,
    },
  ],
})
type GiftRows = { accounts: typeof Account; gifts: typeof Gift }

const databases = sharedDatabases('gifts')
let engine: DatabaseEngine
let outbox: SqlOutbox
let parts: DatabaseParts
let reader: DatabaseReader<GiftRows>
let writer: DatabaseWriter<GiftRows>
beforeEach(async () => {
  engine = await databases.empty('gifts')
  await migrate(engine, gifts.spec)
  const open = (): Promise<DatabaseEngine> => databases.all.open('gifts')
  outbox = sqlOutbox(open)
  taken = 0
  parts = { open, outbox, messagesOf }
  reader = databaseReader(parts)
  writer = databaseWriter(parts)
})

/** Operations as senders make them, with their messages. */
const sent = new WeakMap<object, readonly NewMessage[]>()
let taken = 0
function messagesOf(operation: Operation<void>): readonly NewMessage[] {
  taken += 1
  return sent.get(operation) ?? []
}
function sending(...messages: readonly NewMessage[]): Operation<void> {
  const operation = {} as Operation<void>
  sent.set(operation, messages)
  return operation
}

const at = '2026-11-21T10:00:00.000Z'

async function anAccount(): Promise<void> {
  await writer.sql.insertInto('accounts').values({ account_id: 'a', name: 'Ada' }).execute()
}

it('makes its Kysely when rows are asked for, and once: a call that is refused before pays nothing for it', () => {
  for (const client of [databaseReader<GiftRows>(parts), databaseWriter<GiftRows>(parts)]) {
    expect(Object.getOwnPropertyDescriptor(client, 'sql')?.get).toBeTypeOf('function')
    expect(client.sql).toBe(client.sql)
  }
})

describe('the writer of a database', () => {
  it('writes and reads rows with the types that were declared', async () => {
    await anAccount()
    const gift = await writer.sql
      .insertInto('gifts')
      .values({ gift_id: 'g', account_id: 'a', photos: ['one', 'two'], created_at: at })
      .returningAll()
      .executeTakeFirstOrThrow()
    expectTypeOf(gift).toEqualTypeOf<{
      gift_id: string
      account_id: string
      state: 'composing' | 'sent'
      photos: string[] | null
      created_at: string
    }>()
    expect(gift).toEqual({ gift_id: 'g', account_id: 'a', state: 'composing', photos: ['one', 'two'], created_at: at })
  })

  it('joins, counts and updates', async () => {
    await anAccount()
    await writer.sql
      .insertInto('gifts')
      .values({ gift_id: 'g', account_id: 'a', photos: null, created_at: at })
      .execute()
    const rows = await reader.sql
      .selectFrom('gifts')
      .innerJoin('accounts', 'accounts.account_id', 'gifts.account_id')
      .select(['accounts.name', 'gifts.state'])
      .where('gifts.created_at', '<=', at)
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ name: string; state: 'composing' | 'sent' }[]>()
    expect(rows).toEqual([{ name: 'Ada', state: 'composing' }])
    const updated = await writer.sql.updateTable('gifts').set({ state: 'sent' }).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
    const counted = await reader.sql.selectFrom('gifts').select(sql<number>`count(*)`.as('many')).executeTakeFirst()
    expect(counted).toEqual({ many: 1 })
  })

  it('refuses at compile time what was not declared', () => {
    // @ts-expect-error there is no such column
    writer.sql.selectFrom('gifts').select('nothing')
    // @ts-expect-error "lost" is no state
    writer.sql.updateTable('gifts').set({ state: 'lost' })
    // @ts-expect-error `name` is missing
    writer.sql.insertInto('accounts').values({ account_id: 'a' })
    expect(writer.sql.selectFrom('gifts').select('state').compile().sql).toBe('select "state" from "gifts"')
  })

  it('gives conflicts and failures as problems', async () => {
    await anAccount()
    await expect(anAccount()).rejects.toMatchObject({ code: 'conflict', more: { constraint: 'accounts_pkey' } })
    await expect(sql`select * from nowhere`.execute(writer.sql)).rejects.toMatchObject({ code: 'sql-failed' })
  })

  it('refuses transactions and streams of Kysely itself', async () => {
    const own = writer.sql.transaction().execute(async () => {})
    await expect(own).rejects.toMatchObject({ code: 'unsupported' })
    const stream = async (): Promise<void> => {
      for await (const _ of writer.sql.selectFrom('gifts').selectAll().stream());
    }
    await expect(stream()).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('refuses itself inside its transaction', async () => {
    const nested = writer.transaction(() => writer.sql.selectFrom('gifts').selectAll().execute())
    await expect(nested).rejects.toMatchObject({ code: 'sql-failed', more: { sqlState: '25001' } })
    const twice = writer.transaction(() => writer.transaction(async () => {}))
    await expect(twice).rejects.toMatchObject({ code: 'sql-failed', more: { sqlState: '25001' } })
  })

  it('runs each statement and transaction inside a span', async () => {
    const verbs: string[] = []
    const spanned: DatabaseParts['spanned'] = (verb, run) => {
      verbs.push(verb)
      return run()
    }
    const traced = databaseWriter<GiftRows>({ ...parts, spanned })
    await traced.sql.selectFrom('gifts').selectAll().execute()
    await traced.transaction(tx => tx.selectFrom('gifts').selectAll().execute())
    expect(verbs).toEqual(['query', 'transaction'])
  })
})

describe('the reader of a database', () => {
  it('cannot write, whatever the SQL says', async () => {
    await anAccount()
    const writes = [
      () => reader.sql.deleteFrom('accounts').execute(),
      () => sql`with gone as (delete from accounts returning *) select * from gone`.execute(reader.sql),
      () => sql`select setval(pg_get_serial_sequence('groundplan_outbox', 'position'), 100)`.execute(reader.sql),
      () => sql`create table more (id text)`.execute(reader.sql),
    ]
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({ code: 'sql-failed', more: { sqlState: '25006' } })
    expect(await reader.sql.selectFrom('accounts').select('name').execute()).toEqual([{ name: 'Ada' }])
  })
})

describe('messages of a transaction', () => {
  const one: NewMessage = { queue: 'jobs', id: '1', body: '{"n":1}' }
  const full: NewMessage = {
    queue: 'mail.fifo',
    id: '2',
    body: '{"text":"\\u0000 and \\ud83d"}',
    orderKey: 'key of Ada',
    dueAtMs: 1_900_000_000_000,
    headers: { traceparent: '00-1-2-01' },
  }

  async function peeked(): Promise<readonly NewMessage[]> {
    return (await outbox.peek(100)).map(entry => entry.message)
  }

  it('leave when it commits', async () => {
    let told = 0
    const stop = outbox.onEntry(() => {
      told += 1
    })
    const value = await writer.transaction(async tx => {
      await tx.insertInto('accounts').values({ account_id: 'a', name: 'Ada' }).execute()
      await tx.send(sending(one))
      await tx.publish(sending(full, { ...full, queue: 'other' }))
      expect(told).toBe(0)
      return 'done'
    })
    expect([value, told]).toEqual(['done', 1])
    expect(await peeked()).toEqual([one, full, { ...full, queue: 'other' }])
    await writer.transaction(tx => tx.selectFrom('accounts').selectAll().execute())
    stop()
    await writer.transaction(tx => tx.send(sending(one)))
    expect(told).toBe(1)
  })

  it('do not leave when it rolls back', async () => {
    const failing = writer.transaction(async tx => {
      await tx.send(sending(one))
      await tx
        .insertInto('gifts')
        .values({ gift_id: 'g', account_id: 'nobody', photos: null, created_at: at })
        .execute()
    })
    await expect(failing).rejects.toMatchObject({ code: 'sql-failed', more: { sqlState: '23503' } })
    expect(await peeked()).toEqual([])
  })

  it('leave once when the transaction had to run again', async () => {
    let runs = 0
    await writer.transaction(async tx => {
      runs += 1
      await tx.send(sending({ ...one, id: `run ${runs}` }))
      if (runs < 3) await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(tx)
    })
    expect((await peeked()).map(({ id }) => id)).toEqual(['run 3'])
  })

  it('may be made before the transaction, which takes each once, however often it runs', async () => {
    const operation = sending(one)
    let runs = 0
    await writer.transaction(async tx => {
      runs += 1
      await tx.send(operation)
      if (runs < 3) await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(tx)
    })
    expect([await peeked(), taken]).toEqual([[one], 1])
    const twice = writer.transaction(async tx => {
      await tx.send(operation)
      await tx.send(operation)
    })
    await expect(twice).rejects.toMatchObject({ code: 'operation-run-twice' })
  })

  it('are refused when the transaction has ended', async () => {
    const ended = await writer.transaction(async tx => ({ send: tx.send }))
    await expect(ended.send(sending(one))).rejects.toMatchObject({ code: 'sql-failed', more: { sqlState: '25000' } })
    expect(await peeked()).toEqual([])
  })

  it('wait in the order of the commits until they are forgotten', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `${n}`)
    for (const id of ids) await writer.transaction(tx => tx.send(sending({ ...one, id, orderKey: 'same' })))
    const first = await outbox.peek(10)
    expect(first.map(entry => entry.message.id)).toEqual(ids.slice(0, 10))
    await outbox.forget(first.map(entry => entry.position))
    await outbox.forget([])
    await outbox.forget(['999999'])
    expect((await outbox.peek(100)).map(entry => entry.message.id)).toEqual(ids.slice(10))
  })

  it('may be thousands', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => ({ ...full, id: `${n}`, orderKey: `${n % 3}` }))
    await writer.transaction(tx => tx.send(sending(...many)))
    const entries = await outbox.peek(5_000)
    expect(entries.map(entry => entry.message)).toEqual(many)
    await outbox.forget(entries.map(entry => entry.position))
    expect(await outbox.peek(1)).toEqual([])
  })
})
