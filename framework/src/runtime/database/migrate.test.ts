import { beforeEach, describe, expect, it } from 'vitest'
import type { DatabaseEngine } from '../../contract/database.ts'
import { sharedDatabases } from '../../memory/test/databases.ts'
import type { Migration } from '../../plan/database.ts'
import { migrate, pendingMigrations } from './migrate.ts'

const databases = sharedDatabases('main')
let engine: DatabaseEngine
beforeEach(async () => {
  engine = await databases.empty('main')
})

const accounts = {
  name: '001-accounts',
  up: 'create table accounts (id text primary key); create table more (id text);',
}
const names = { name: '002-names', up: 'alter table accounts add column name text;\nalter table more drop column id' }

function of(...migrations: readonly Migration[]): { readonly migrations: readonly Migration[] } {
  return { migrations }
}

async function tables(): Promise<readonly unknown[]> {
  const { rows } = await engine.query(`select tablename from pg_tables where schemaname = 'public' order by tablename`)
  return rows.map(row => row.tablename)
}

const ours = ['groundplan_migrations', 'groundplan_outbox']

describe('migrations', () => {
  it('bring an empty database to what is declared, in the order of their names', async () => {
    const lines: string[] = []
    const ran = await migrate(engine, of(names, accounts), { info: line => lines.push(line) })
    expect(ran).toEqual(['001-accounts', '002-names'])
    expect(lines).toEqual(['migration 001-accounts ran', 'migration 002-names ran'])
    expect(await tables()).toEqual(['accounts', ...ours, 'more'])
    const { rows } = await engine.query('select name, length(checksum) as digits from groundplan_migrations order by 1')
    expect(rows).toEqual([
      { name: '001-accounts', digits: 64 },
      { name: '002-names', digits: 64 },
    ])
  })

  it('run once, however often and with whatever line ends they are declared', async () => {
    await migrate(engine, of(accounts, names))
    expect(await migrate(engine, of(accounts, { ...names, up: names.up.replaceAll('\n', '\r\n') }))).toEqual([])
    const third = { name: '003-third', up: 'create table third (id text)' }
    expect(await migrate(engine, of(accounts, names, third))).toEqual(['003-third'])
  })

  it('run once when many processes start at the same time', async () => {
    const both = of(accounts, names)
    const ran = await Promise.all(Array.from({ length: 8 }, () => migrate(engine, both)))
    expect(ran.flat().sort()).toEqual(['001-accounts', '002-names'])
  })

  it('are shown before they run', async () => {
    expect(await pendingMigrations(engine, of(names, accounts))).toEqual([accounts, names])
    expect(await tables()).toEqual([])
    await migrate(engine, of(accounts))
    expect(await pendingMigrations(engine, of(names, accounts))).toEqual([names])
  })

  it.each([
    ['changed', of({ ...accounts, up: 'create table accounts (id integer)' }), /"001-accounts" .* another text/],
    ['removed', of(names), /"001-accounts" .* does not have it/],
    [
      'put before one that has run',
      of(accounts, { name: '000-first', up: 'select 1' }),
      /"000-first" .* comes before "001/,
    ],
  ])('are refused when one was %s', async (_, spec, message) => {
    await migrate(engine, of(accounts))
    for (const run of [migrate, pendingMigrations]) {
      await expect(run(engine, spec)).rejects.toMatchObject({
        code: 'migration-changed',
        message: expect.stringMatching(message),
      })
    }
    expect(await tables()).toEqual(['accounts', ...ours, 'more'])
  })

  it('are refused when two have one name', async () => {
    await expect(migrate(engine, of(accounts, accounts))).rejects.toMatchObject({ code: 'plan-invalid' })
  })

  it('leave nothing of one that fails, keep those before it, and go on when it is mended', async () => {
    const broken = { name: '002-broken', up: 'create table half (id text); insert into nowhere values (1)' }
    const failing = migrate(engine, of(accounts, broken))
    await expect(failing).rejects.toMatchObject({
      code: 'sql-failed',
      message: expect.stringContaining('migration "002-broken": relation "nowhere" does not exist'),
      more: { sqlState: '42P01' },
    })
    expect(await tables()).toEqual(['accounts', ...ours, 'more'])
    expect(await migrate(engine, of(accounts, { ...broken, up: 'create table half (id text)' }))).toEqual([
      '002-broken',
    ])
  })

  it('run outside of a transaction what says so in its first line', async () => {
    const index = 'create index concurrently if not exists by_id on more (id)'
    await expect(migrate(engine, of(accounts, { name: '002-index', up: index }))).rejects.toMatchObject({
      more: { sqlState: '25001' },
    })
    await migrate(engine, of(accounts, { name: '002-index', up: `-- no transaction\n${index}` }))
    const { rows } = await engine.query(`select indexname from pg_indexes where indexname = 'by_id'`)
    expect(rows).toHaveLength(1)
  })
})
