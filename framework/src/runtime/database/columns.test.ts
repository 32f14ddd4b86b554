import { beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import type { DatabaseEngine } from '../../contract/database.ts'
import { sharedDatabases } from '../../memory/test/databases.ts'
import { compareColumns } from './columns.ts'

const databases = sharedDatabases('main')
let engine: DatabaseEngine
beforeEach(async () => {
  engine = await databases.empty('main')
})

const Everything = z.object({
  id: z.int(),
  name: z.string().default('unnamed'),
  state: z.enum(['new', 'old']),
  kind: z.literal('kept').nullable(),
  at: z.iso.datetime(),
  amount: z.string(),
  big: z.number(),
  yes: z.boolean(),
  tags: z.array(z.string()),
  list: z.array(z.number()).nullish(),
  more: z.record(z.string(), z.unknown()),
  either: z.union([z.string(), z.null()]),
  bytes: z.instanceof(Uint8Array),
})

const everything = `create table everything (id integer primary key, name varchar(20) not null default 'unnamed',
  state text not null, kind text, at timestamptz not null, amount numeric not null, big bigint not null,
  yes boolean not null, tags jsonb not null, list integer[], more json not null, either uuid, bytes bytea not null,
  undeclared text, counted integer generated always as identity)`

it('finds no difference where rows and columns agree', async () => {
  await engine.script(everything)
  expect(await compareColumns(engine, { rows: { everything: Everything } })).toEqual([])
})

it('tells each difference, with table and column', async () => {
  await engine.script(
    'create table gifts (gift_id text primary key, price numeric, count bigint, made date not null, extra text not null)',
  )
  const Gift = z.object({
    gift_id: z.int(),
    price: z.number().nullable(),
    count: z.int(),
    made: z.string().optional(),
    missing: z.string(),
  })
  const differences = await compareColumns(engine, { rows: { gifts: Gift, absent: z.object({ id: z.string() }) } })
  expect(differences.map(({ table, column, kind }) => [table, column, kind])).toEqual([
    ['absent', undefined, 'no-table'],
    ['gifts', 'count', 'nullable'],
    ['gifts', 'extra', 'undeclared'],
    ['gifts', 'gift_id', 'type'],
    ['gifts', 'made', 'required'],
    ['gifts', 'missing', 'no-column'],
    ['gifts', 'price', 'type'],
  ])
  expect(differences.at(-1)?.detail).toBe('is declared as number, and numeric gives string')
})
