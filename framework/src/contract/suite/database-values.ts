/**
 * Promises of databases about values: what goes in, what comes out, and what a failure may tell.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { DatabaseEngine } from '../database.ts'
import { anyCharacter } from './any-character.ts'
import { type DatabasePromises, expectFault, faultOf, onDatabase, onlyValue } from './database-tools.ts'

const given: readonly (readonly [expression: string, value: unknown])[] = [
  ['true', true],
  ['false', false],
  ['null::boolean', null],
  ['7::smallint', 7],
  ['(-2147483647)::integer', -2147483647],
  ['9007199254740991::bigint', 9007199254740991],
  ['count(*)', 1],
  ['1.5::real', 1.5],
  ['0.1::double precision', 0.1],
  [`'NaN'::double precision`, Number.NaN],
  [`'-Infinity'::double precision`, Number.NEGATIVE_INFINITY],
  ['1.50::numeric', '1.50'],
  ['12345678901234567890.123::numeric', '12345678901234567890.123'],
  [`'a ''quoted'' text'`, `a 'quoted' text`],
  [`'ab'::varchar(5)`, 'ab'],
  [`'ab'::char(3)`, 'ab '],
  [`'6f1c0c0e-0f0e-4c6e-9b0a-0a8f5f0c2b11'::uuid`, '6f1c0c0e-0f0e-4c6e-9b0a-0a8f5f0c2b11'],
  [`'2026-11-21 10:00:00+00'::timestamptz`, '2026-11-21T10:00:00.000Z'],
  [`'2026-11-21 10:00:00.5+05:30'::timestamptz`, '2026-11-21T04:30:00.500Z'],
  [`'2026-11-21 10:00:00.123456+00'::timestamptz`, '2026-11-21T10:00:00.123456Z'],
  [`'2026-11-21 10:00:00.1234+00'::timestamptz`, '2026-11-21T10:00:00.123400Z'],
  [`'infinity'::timestamptz`, 'infinity'],
  [`'10000-01-01 00:00:00+00'::timestamptz`, '10000-01-01 00:00:00+00'],
  [`'2026-11-21 10:00:00'::timestamp`, '2026-11-21T10:00:00.000'],
  [`'2026-11-21'::date`, '2026-11-21'],
  [`'0044-03-15 BC'::date`, '0044-03-15 BC'],
  [`'10:00'::time`, '10:00:00'],
  [`'1 day 2 hours'::interval`, 'P1DT2H'],
  [`'{"a":[1,null]}'::json`, { a: [1, null] }],
  [`'{"a":[1,null]}'::jsonb`, { a: [1, null] }],
  [`'"text"'::jsonb`, 'text'],
  [`'null'::jsonb`, null],
  [`'\\x00ff10'::bytea`, new Uint8Array([0, 255, 16])],
  ['array[1,null,3]', [1, null, 3]],
  ['array[]::integer[]', []],
  [
    'array[[1,2],[3,4]]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [`'[0:1]={5,6}'::integer[]`, [5, 6]],
  [`array['a', 'b,"{}\\ c', 'NULL', null, '']`, ['a', 'b,"{}\\ c', 'NULL', null, '']],
  ['array[true,false]', [true, false]],
  ['array[1.5::numeric]', ['1.5']],
  [`array['2026-11-21 10:00:00+00'::timestamptz]`, ['2026-11-21T10:00:00.000Z']],
  [`array['{"a":1}'::jsonb]`, [{ a: 1 }]],
  [`array['\\x0102'::bytea]`, [new Uint8Array([1, 2])]],
  [`int4range(1, 3)`, '[1,3)'],
  [`row(1, 'a')`, '(1,a)'],
]

const columns = `k integer generated always as identity primary key, b boolean, i integer, l bigint, d double precision,
  n numeric, t text, z timestamptz, day date, j jsonb, x bytea`

async function roundTrip(db: DatabaseEngine, column: string, value: unknown): Promise<unknown> {
  return onlyValue(db, `insert into kinds (${column}) values ($1) returning ${column}`, [value])
}

const written: readonly (readonly [column: string, value: unknown, read?: unknown])[] = [
  ['b', true],
  ['b', false],
  ['i', -7],
  ['i', null],
  ['i', undefined, null],
  ['l', 9007199254740991],
  ['l', 12n, 12],
  ['d', 0.1],
  ['d', Number.NaN],
  ['d', 1e300],
  ['n', '0.10'],
  ['n', 0.25, '0.25'],
  ['t', ''],
  ['t', 'null'],
  ['t', 'it’s 漢字 and 🐘'],
  ['z', '2026-11-21T10:00:00.000Z'],
  ['z', '2026-11-21T10:00:00.123456Z'],
  ['z', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['day', '2028-02-29'],
  ['j', { a: { b: [1, 'two', null] } }],
  ['j', []],
  ['j', [1, [2]]],
  ['j', {}],
  ['x', new Uint8Array()],
  ['x', Buffer.from('bytes \0 and more'), new Uint8Array(Buffer.from('bytes \0 and more'))],
  ['x', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), new Uint8Array([2, 3])],
]

const secret = 'very-secret-value'

/** Statements that fail on a value, which nobody may see. */
const failing: readonly (readonly [text: string, parameters: readonly unknown[], sqlState: string])[] = [
  ['select $1::integer', [secret], '22P02'],
  ['select $1::integer', [`${secret}" and "more`], '22P02'],
  ['select $1::jsonb', [secret], '22P02'],
  ['select $1::date', [secret], '22007'],
  ['select $1::integer[]', [`{1,${secret}}`], '22P02'],
  ['insert into kept (name) values ($1)', [secret], '23505'],
  ['insert into kept (name, checked) values ($1, $2)', ['other', secret], '23514'],
  ['insert into kept (name, short) values ($1, $2)', ['other', secret], '22001'],
  ['insert into kept (name, parent) values ($1, $2)', ['other', `no ${secret}`], '23503'],
  ['select raise($1)', [secret], 'P0001'],
]

const hostile = [
  `'; drop table kept; --`,
  `" or 1=1 --`,
  `$1`,
  `\\'; select pg_sleep(1); --`,
  `{"__proto__": null}`,
  `1; delete from kept`,
  `%s %d \\x00`,
]

export const valuePromises: DatabasePromises = {
  'gives a value of each type as the contract says': onDatabase(async db => {
    const { rows } = await db.query(`select ${given.map(([expression], at) => `${expression} as c${at}`).join(', ')}`)
    const got = given.map(([expression], at) => [expression, rows[0]?.[`c${at}`]])
    expect(got).toEqual(given)
  }),

  'keeps a value of each kind as it was given': onDatabase(async db => {
    await db.script(`create table kinds (${columns})`)
    for (const [column, value, read = value] of written) {
      expect([column, await roundTrip(db, column, value)]).toEqual([column, value === undefined ? null : read])
    }
  }),

  'gives no bigint that a number could not hold, but its text': onDatabase(async db => {
    await expectFault(db.query('select 9007199254740992::bigint'), 'sql-failed', '22003')
    expect(await onlyValue(db, 'select 9007199254740993::bigint::text')).toBe('9007199254740993')
  }),

  'writes instants in UTC in whatever zone the session is': onDatabase(async db => {
    const inBerlin = db.transaction(async sql => {
      await sql.query(`set local timezone = 'Asia/Kolkata'`)
      return onlyValue(sql, `select '2026-11-21 10:00:00.25+00'::timestamptz`)
    })
    expect(await inBerlin).toBe('2026-11-21T10:00:00.250Z')
  }),

  'keeps any text': onDatabase(async db => {
    await db.script('create table kinds (t text)')
    const texts = fc.string({ unit: anyCharacter, maxLength: 50 }).filter(text => !text.includes('\0'))
    const property = fc.asyncProperty(texts, async text => {
      expect(await roundTrip(db, 't', text)).toBe(text)
    })
    await fc.assert(property, { numRuns: 100 })
  }),

  'keeps a text of five million characters, and a hundred thousand rows': onDatabase(async db => {
    const long = 'é'.repeat(5_000_000)
    expect(await onlyValue(db, 'select $1::text', [long])).toBe(long)
    const { rows } = await db.query('select n from generate_series(1, 100000) n order by n')
    expect([rows.length, rows[0]?.n, rows.at(-1)?.n]).toEqual([100_000, 1, 100_000])
  }),

  'refuses U+0000 and half a surrogate pair, naming the parameter, and goes on': onDatabase(async db => {
    for (const text of ['a\0b', 'é\udc00', '\ud83dx']) {
      const failure = await expectFault(db.query('select $1::text, $2::text', ['fine', text]), 'sql-failed', '22021')
      expect(failure.message).toContain('$2')
    }
    await expectFault(db.query('select 1 \0'), 'sql-failed', '22021')
    await expectFault(db.script('select 1 \0'), 'sql-failed', '22021')
    expect(await onlyValue(db, 'select 1')).toBe(1)
  }),

  'refuses what is no value': onDatabase(async db => {
    const circle: unknown[] = []
    circle.push(circle)
    for (const value of [() => 1, Symbol('s'), new Map(), circle, new Date(Number.NaN), new ArrayBuffer(1)]) {
      expect((await faultOf(db.query('select $1::text', [value]))).code).toBe('sql-failed')
    }
    const many = Array.from({ length: 65_536 }, () => 1)
    await expectFault(db.query('select 1', many), 'sql-failed', '54000')
  }),

  'runs no SQL that a parameter holds': onDatabase(async db => {
    await db.script('create table kept (name text)')
    for (const text of hostile) await db.query('insert into kept values ($1)', [text])
    const { rows } = await db.query('select name from kept')
    expect(rows.map(row => row.name)).toEqual(hostile)
    await expectFault(db.query('select 1; drop table kept'), 'sql-failed', '42601')
  }),

  'shows no value in a failure': onDatabase(async db => {
    await db.script(`create table kept (name text primary key, checked text check (checked = 'fine'), short varchar(3),
        parent text references kept);
      insert into kept (name) values ('${secret}'), ('other');
      create function raise(text) returns text language plpgsql as $$ begin raise exception 'not found: %', $1; end $$`)
    await db.query('delete from kept where name = $1', ['other'])
    for (const [text, parameters, sqlState] of failing) {
      const failure = await faultOf(db.query(text, parameters))
      expect([text, failure.more.sqlState]).toEqual([text, sqlState])
      const shown = [failure.message, failure.stack, JSON.stringify(failure.more), String(failure.cause)].join(' ')
      expect(shown).not.toContain(secret)
    }
  }),

  'says what failed by SQLSTATE, and which constraint': onDatabase(async db => {
    await db.script(`create table kept (id integer primary key, name text not null, during int4range,
      exclude using gist (during with &&))`)
    await db.query(`insert into kept values (1, 'a', '[1,5)')`)
    const unique = await expectFault(db.query(`insert into kept values (1, 'b', null)`), 'conflict', '23505')
    expect(unique.more).toMatchObject({ constraint: 'kept_pkey', table: 'kept' })
    const exclusion = db.query(`insert into kept values (2, 'b', '[4,6)')`)
    expect((await expectFault(exclusion, 'conflict', '23P01')).more.constraint).toBe('kept_during_excl')
    const missing = await expectFault(db.query('insert into kept values (3, $1)', [null]), 'sql-failed', '23502')
    expect(missing.more).toMatchObject({ table: 'kept', column: 'name' })
    await expectFault(db.query('select nothing from kept'), 'sql-failed', '42703')
    await expectFault(db.query('select * from nowhere'), 'sql-failed', '42P01')
    await expectFault(db.query('selec 1'), 'sql-failed', '42601')
    await expectFault(db.query('select $1::integer', ['one']), 'sql-failed', '22P02')
    await expectFault(db.query('select $1::integer', [1, 2]), 'sql-failed', '08P01')
    await expectFault(db.query('select 1 / $1::integer', [0]), 'sql-failed', '22012')
    expect(await onlyValue(db, 'select count(*) from kept')).toBe(1)
  }),

  'counts the rows that a statement touched': onDatabase(async db => {
    await db.script('create table kept (id integer)')
    const affected = async (text: string): Promise<number> => (await db.query(text)).affected
    expect(await affected('insert into kept select generate_series(1, 5)')).toBe(5)
    expect(await affected('update kept set id = id + 1 where id > 2')).toBe(3)
    expect(await affected('select * from kept')).toBe(0)
    expect(await affected('delete from kept where id > 100')).toBe(0)
    expect(await affected('delete from kept returning id')).toBe(5)
    expect(await affected('')).toBe(0)
  }),
}
