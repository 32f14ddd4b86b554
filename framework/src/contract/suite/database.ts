/**
 * The promises of databases: PostgreSQL's values, its transactions and locks, and an end that leaves nothing.
 */
import { expect } from 'vitest'
import type { DatabaseEngine, SqlTransaction } from '../database.ts'
import { type DatabasePromises, expectFault, gate, onDatabase, onlyValue } from './database-tools.ts'
import { valuePromises } from './database-values.ts'

const serialisationFailure = `do $$ begin raise exception 'again' using errcode = '40001'; end $$`

async function counted(db: Pick<DatabaseEngine, 'query'>): Promise<unknown> {
  return onlyValue(db, 'select count(*) from kept')
}

async function tableKept(db: DatabaseEngine): Promise<void> {
  await db.script('create table kept (id integer primary key, name text)')
}

async function moveOne(db: DatabaseEngine, from: number, to: number): Promise<void> {
  await db.transaction(
    async sql => {
      const balance = async (id: number): Promise<number> =>
        Number(await onlyValue(sql, 'select amount from accounts where id = $1', [id]))
      const [left, right] = [await balance(from), await balance(to)]
      if (left < 1 || from === to) return
      await sql.query('update accounts set amount = $2 where id = $1', [from, left - 1])
      await sql.query('update accounts set amount = $2 where id = $1', [to, right + 1])
    },
    { isolation: 'serializable' },
  )
}

const transactionPromises: DatabasePromises = {
  'commits when run resolves, and gives its value': onDatabase(async db => {
    await tableKept(db)
    const value = await db.transaction(async sql => {
      await sql.query('insert into kept values (1)')
      return counted(sql)
    })
    expect([value, await counted(db)]).toEqual([1, 1])
  }),

  'rolls back when run rejects, and gives its error': onDatabase(async db => {
    await tableKept(db)
    const own = new Error('changed my mind')
    const run = async (sql: SqlTransaction): Promise<void> => {
      await sql.query('insert into kept values (1)')
      await sql.script('insert into kept values (2); insert into kept values (3)')
      throw own
    }
    await expect(db.transaction(run)).rejects.toBe(own)
    expect(await counted(db)).toBe(0)
  }),

  'keeps nothing of a transaction in which a statement failed, even if that was caught': onDatabase(async db => {
    await tableKept(db)
    const run = async (sql: SqlTransaction): Promise<void> => {
      await sql.query('insert into kept values (1)')
      await sql.query('insert into kept values (1)').catch(() => {})
    }
    await expectFault(db.transaction(run), 'sql-failed', '25P02')
    expect(await counted(db)).toBe(0)
  }),

  'keeps what follows a savepoint that was rolled back to': onDatabase(async db => {
    await tableKept(db)
    await db.transaction(async sql => {
      await sql.query('insert into kept values (1)')
      await sql.query('savepoint before')
      await expectFault(sql.query('insert into kept values (1)'), 'conflict', '23505')
      await sql.query('rollback to savepoint before')
      await sql.query('insert into kept values (2)')
    })
    expect(await counted(db)).toBe(2)
  }),

  'runs the statements of a transaction in their order, also those asked at once or not awaited': onDatabase(
    async db => {
      await tableKept(db)
      await db.transaction(async sql => {
        const names = ['a', 'b', 'c', 'd']
        await Promise.all(names.map((name, id) => sql.query('insert into kept values ($1, $2)', [id, name])))
        void sql.query(`update kept set name = name || '!'`)
      })
      const { rows } = await db.query('select name from kept order by id')
      expect(rows.map(row => row.name)).toEqual(['a!', 'b!', 'c!', 'd!'])
    },
  ),

  'shows others all of a transaction or nothing': onDatabase(async db => {
    await tableKept(db)
    const begun = gate()
    const goOn = gate()
    const writing = db.transaction(async sql => {
      await sql.query('insert into kept values (1)')
      begun.open()
      await goOn.opened
      await sql.query('insert into kept values (2)')
    })
    await begun.opened
    const others = [counted(db), db.transaction(sql => counted(sql)), counted(db.readOnly)]
    goOn.open()
    await writing
    for (const seen of await Promise.all(others)) expect([0, 2]).toContain(seen)
    expect(await counted(db)).toBe(2)
  }),

  'refuses the database inside its own transaction, at once': onDatabase(async db => {
    await tableKept(db)
    await db.transaction(async sql => {
      await expectFault(db.query('select 1'), 'sql-failed', '25001')
      await expectFault(db.script('select 1'), 'sql-failed', '25001')
      await expectFault(db.readOnly.query('select 1'), 'sql-failed', '25001')
      await expectFault(
        db.transaction(async () => {}),
        'sql-failed',
        '25001',
      )
      await expectFault(
        db.alone('lock', async () => {}),
        'sql-failed',
        '25001',
      )
      await expectFault(db.close(), 'sql-failed', '25001')
      await sql.query('insert into kept values (1)')
    })
    expect(await counted(db)).toBe(1)
  }),

  'takes nothing more once a transaction has ended': onDatabase(async db => {
    await tableKept(db)
    const ended = await db.transaction(async sql => sql)
    await expectFault(ended.query('insert into kept values (1)'), 'sql-failed', '25000')
    await expectFault(ended.script('insert into kept values (1)'), 'sql-failed', '25000')
    expect(await counted(db)).toBe(0)
  }),

  'lets what a transaction started use the database after it': onDatabase(async db => {
    const goOn = gate()
    const later = await db.transaction(async () => ({ seen: goOn.opened.then(() => onlyValue(db, 'select 1')) }))
    goOn.open()
    expect(await later.seen).toBe(1)
  }),

  'refuses transactions made by SQL, and leaves none open': onDatabase(async db => {
    await tableKept(db)
    await expectFault(db.query('begin'), 'sql-failed', '2D000')
    await expectFault(db.script('begin; insert into kept values (1)'), 'sql-failed', '2D000')
    const committing = db.transaction(async sql => {
      await sql.query('commit')
    })
    await expectFault(committing, 'sql-failed', '2D000')
    await db.query('insert into kept values (2)')
    const failing = db.transaction(() => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await onlyValue(db, 'select id from kept')).toBe(2)
  }),

  'has the isolation that was asked for': onDatabase(async db => {
    const level = (sql: SqlTransaction): Promise<unknown> => onlyValue(sql, 'show transaction_isolation')
    expect(await db.transaction(level)).toBe('read committed')
    for (const isolation of ['read committed', 'repeatable read', 'serializable'] as const) {
      expect(await db.transaction(level, { isolation })).toBe(isolation)
    }
  }),

  'refuses every write where only reading was asked for': onDatabase(async db => {
    await tableKept(db)
    const write = 'insert into kept values (1)'
    await expectFault(db.readOnly.query(write), 'sql-failed', '25006')
    await expectFault(db.readOnly.query(`with new as (${write} returning id) select * from new`), 'sql-failed', '25006')
    await expectFault(db.readOnly.script(`select 1; ${write}`), 'sql-failed', '25006')
    await expectFault(db.readOnly.query('set transaction read write; select 1'), 'sql-failed', '42601')
    await expectFault(
      db.transaction(sql => sql.query(write), { readOnly: true }),
      'sql-failed',
      '25006',
    )
    await db.query(write)
    expect(await counted(db.readOnly)).toBe(1)
  }),

  'loses nothing in concurrent transfers': onDatabase(async db => {
    await db.script(`create table accounts (id integer primary key, amount integer not null check (amount >= 0));
      insert into accounts select id, 10 from generate_series(0, 9) id`)
    await Promise.all(Array.from({ length: 20 }, (_, at) => moveOne(db, at % 10, (at * 3 + 1) % 10)))
    expect(await onlyValue(db, 'select sum(amount) from accounts')).toBe(100)
  }),

  'runs again what could not be serialised, and keeps nothing of the runs before': onDatabase(async db => {
    await tableKept(db)
    let runs = 0
    const value = await db.transaction(async sql => {
      runs += 1
      await sql.query('insert into kept values ($1)', [runs])
      if (runs === 3) return 'third'
      return sql.query(serialisationFailure).catch(() => Promise.reject(new Error('of my own')))
    })
    expect(value).toBe('third')
    expect(await onlyValue(db, 'select id from kept')).toBe(3)
  }),

  'gives up on what can never be serialised': onDatabase(async db => {
    let runs = 0
    const never = db.transaction(async sql => {
      runs += 1
      await sql.query(serialisationFailure)
    })
    await expectFault(never, 'overloaded')
    expect(runs).toBe(11)
    await expectFault(db.query(serialisationFailure), 'overloaded')
  }),

  'sees a change of the schema at once': onDatabase(async db => {
    await tableKept(db)
    await db.query('insert into kept values ($1, $2)', [1, 'a'])
    expect((await db.query('select * from kept where id = $1', [1])).rows).toEqual([{ id: 1, name: 'a' }])
    await db.script('alter table kept add column more jsonb default $${"n":1}$$; alter table kept drop column name')
    expect((await db.query('select * from kept where id = $1', [1])).rows).toEqual([{ id: 1, more: { n: 1 } }])
  }),

  'runs a script all or nothing': onDatabase(async db => {
    await tableKept(db)
    const script = `-- with a comment;
      insert into kept values (1, 'a;b');
      create function one() returns integer language sql as $$ select 1; $$;
      insert into kept values (2);`
    await expectFault(db.script(`${script} insert into nowhere values (1)`), 'sql-failed', '42P01')
    expect(await counted(db)).toBe(0)
    await db.script(script)
    expect([await counted(db), await onlyValue(db, 'select one()')]).toEqual([2, 1])
    await db.script('')
    await db.script('-- nothing')
  }),

  'runs a script of one statement outside of transactions': onDatabase(async db => {
    await tableKept(db)
    await db.script('vacuum kept')
    await db.script('create index concurrently kept_by_name on kept (name)')
    expect(await onlyValue(db, `select count(*) from pg_indexes where indexname = 'kept_by_name'`)).toBe(1)
    const inside = db.transaction(sql => sql.script('vacuum kept'))
    await expectFault(inside, 'sql-failed', '25001')
  }),
}

const lifePromises: DatabasePromises = {
  'runs alone under a lock, and with others under other locks': onDatabase(async db => {
    const log: string[] = []
    const under = (lock: string, name: string, run: () => Promise<unknown>): Promise<void> =>
      db.alone(lock, async () => {
        log.push(`${name} begins`)
        await run()
        log.push(`${name} ends`)
      })
    const begun = gate()
    const goOn = gate()
    const first = under('one', 'first', () => {
      begun.open()
      return goOn.opened
    })
    await begun.opened
    const second = under('one', 'second', () => db.query('select 1'))
    await under('two', 'other', () => db.query('select 1'))
    goOn.open()
    await Promise.all([first, second])
    expect(log).toEqual(['first begins', 'other begins', 'other ends', 'first ends', 'second begins', 'second ends'])
  }),

  'frees a lock when what ran under it failed, and gives what it gave': onDatabase(async db => {
    const failing = db.alone('lock', () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await db.alone('lock', async () => 'free')).toBe('free')
  }),

  'keeps databases apart, and gives the same engine for the same name': {
    needs: [{ name: 'main' }, { name: 'other' }],
    async keep({ databases }) {
      const [main, again, other] = await Promise.all(['main', 'main', 'other'].map(name => databases.open(name)))
      if (!main || !other) throw new Error('not opened')
      expect(again).toBe(main)
      await tableKept(main)
      await expectFault(counted(other), 'sql-failed', '42P01')
      const across = main.transaction(async () => onlyValue(other, 'select 1'))
      expect(await across).toBe(1)
    },
  },

  'closes when what runs has ended, and takes nothing more': onDatabase(async db => {
    await tableKept(db)
    const goOn = gate()
    const running = db.transaction(async sql => {
      await goOn.opened
      return counted(sql)
    })
    const closed = Promise.all([db.close(), db.close()])
    await expectFault(db.query('select 1'), 'engine-unavailable')
    await expectFault(
      db.transaction(async () => {}),
      'engine-unavailable',
    )
    goOn.open()
    expect(await running).toBe(0)
    await closed
    await expectFault(db.script('select 1'), 'engine-unavailable')
    await db.close()
  }),
}

export const databasePromises: DatabasePromises = { ...valuePromises, ...transactionPromises, ...lifePromises }
