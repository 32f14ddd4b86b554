import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { DatabaseEngine } from '../contract/database.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedDatabases } from './database.ts'
import { startChild } from './test/child.ts'
import { temporaryFolder } from './test/folder.ts'
import { threadOptions } from './test/threads.ts'

const clock = memoryClock(Date.UTC(2030, 0, 1))
const opened = (folder: string) => embeddedDatabases({ folder, clock, execArgv: threadOptions })

async function onlyValue(database: DatabaseEngine, text: string): Promise<unknown> {
  const { rows } = await database.query(text)
  return Object.values(rows[0] ?? {})[0]
}

describe('databases on disk', { timeout: 60_000 }, () => {
  const folder = temporaryFolder()
  // PostgreSQL takes seconds to make new files, so tests begin with a copy of these: a table of one row.
  const pristine = temporaryFolder()

  /** A folder with a database that holds one row. */
  const copied = (name: string): string => {
    const path = join(folder.path, name)
    cpSync(pristine.path, path, { recursive: true })
    return path
  }

  beforeAll(async () => {
    const databases = opened(pristine.path)
    const database = await databases.open('main')
    await database.script('create table kept (n integer); insert into kept values (1)')
    await databases.close()
  }, 60_000)
  afterAll(() => {
    pristine.remove()
    folder.remove()
  })

  it('are there again after they were closed', async () => {
    const path = copied('again')
    for (const expected of [1, 2]) {
      const databases = opened(path)
      const database = await databases.open('main')
      expect(await onlyValue(database, 'select count(*) from kept')).toBe(expected)
      await database.query('insert into kept values (2)')
      await databases.close()
    }
  })

  it('have one process at a time, and no two engines', async () => {
    const path = copied('once')
    const first = opened(path)
    await first.open('main')
    await expect(opened(path).open('main')).rejects.toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining(String(process.pid)),
    })
    await first.close()
    const second = opened(path)
    expect(await onlyValue(await second.open('main'), 'select n from kept')).toBe(1)
    await second.close()
  })

  it('have names that are no paths', async () => {
    const databases = opened(join(folder.path, 'names'))
    for (const name of ['', '..', '../x', 'a/b', 'A', 'ü', 'a\0']) {
      await expect(databases.open(name)).rejects.toMatchObject({ code: 'plan-invalid' })
    }
    expect(existsSync(join(folder.path, 'names'))).toBe(false)
  })

  it.each<[string, (data: string) => void]>([
    ['its version', data => rmSync(join(data, 'PG_VERSION'))],
    ['its control file', data => truncateSync(join(data, 'global/pg_control'), 100)],
  ])('are not made anew when one has lost %s', async (what, damage) => {
    const path = copied(`lost ${what}`)
    const data = join(path, 'main/data')
    damage(data)
    const left = readdirSync(data, { recursive: true })
    for (const _again of [1, 2]) {
      await expect(opened(path).open('main')).rejects.toMatchObject({
        code: 'data-damaged',
        detail: expect.stringContaining(join(path, 'main')),
      })
    }
    const now = readdirSync(data, { recursive: true }).filter(name => name !== 'postmaster.pid')
    expect(now.sort()).toEqual(left.sort())
  })

  it('are made whole, whatever was left of an attempt', async () => {
    const path = join(folder.path, 'half')
    mkdirSync(join(path, 'main/data.new/base'), { recursive: true })
    writeFileSync(join(path, 'main/data.new/PG_VERSION'), '18')
    const databases = opened(path)
    expect(await onlyValue(await databases.open('main'), 'select 1')).toBe(1)
    await databases.close()
    expect(readdirSync(join(path, 'main'))).toEqual(['data'])
  })

  it('say so when their folder cannot be', async () => {
    writeFileSync(join(folder.path, 'file'), '')
    await expect(opened(join(folder.path, 'file')).open('main')).rejects.toMatchObject({ code: 'engine-unavailable' })
  })

  it('refuse what is too deep for the stack, and go on', async () => {
    const databases = opened(copied('deep'))
    const database = await databases.open('main')
    await database.script(`create function down(n integer) returns integer language plpgsql
      as $$ begin return down(n + 1); end $$`)
    await expect(database.query('select down(1)')).rejects.toMatchObject({ more: { sqlState: '54001' } })
    expect(await onlyValue(database, 'select n from kept')).toBe(1)
    await databases.close()
  })

  it('end a statement that takes longer than any handler may, and begin again', async () => {
    const databases = opened(copied('long'))
    const database = await databases.open('main')
    const endless = database.query('with recursive r(n) as (select 1 union all select n from r) select count(*) from r')
    const waiting = onlyValue(database, 'select n from kept')
    await clock.advance(15 * 60_000)
    await expect(endless).rejects.toMatchObject({ code: 'timed-out' })
    expect(await waiting).toBe(1)
    await databases.close()
  })

  it('keep nothing of a transaction whose thread died, whatever follows in it', async () => {
    const databases = opened(copied('lost'))
    const database = await databases.open('main')
    const caught: unknown[] = []
    const losing = database.transaction(async sql => {
      await sql.query('insert into kept values (2)')
      const endless = sql.query('with recursive r(n) as (select 1 union all select n from r) select count(*) from r')
      await clock.advance(15 * 60_000)
      await endless.catch(error => caught.push(error))
      await sql.query('insert into kept values (3)').catch(error => caught.push(error))
      await sql.script('insert into kept values (4)').catch(error => caught.push(error))
    })
    await expect(losing).rejects.toMatchObject({ code: 'engine-unavailable' })
    expect(caught).toMatchObject([
      { code: 'timed-out' },
      { code: 'engine-unavailable' },
      { code: 'engine-unavailable' },
    ])
    await database.transaction(sql => sql.query('insert into kept values (5)'))
    expect((await database.query('select n from kept order by n')).rows).toEqual([{ n: 1 }, { n: 5 }])
    await databases.close()
  })

  it('keep their log short while they are open', async () => {
    const path = copied('log')
    const databases = opened(path)
    const database = await databases.open('main')
    const long = `insert into kept select n from generate_series(1, 20000) n`
    for (let at = 0; at < 60; at++) await database.query(long)
    const segments = readdirSync(join(path, 'main/data/pg_wal')).filter(name => /^[0-9A-F]{24}$/.test(name))
    expect(segments.length).toBeLessThan(60)
    await databases.close()
    const again = opened(path)
    expect(await onlyValue(await again.open('main'), 'select count(*) from kept')).toBe(1_200_001)
    await again.close()
  })

  it('keep what was committed when their process is killed, and no half of anything', async () => {
    const path = join(folder.path, 'killed')
    let acknowledged = 0
    for (const afterLines of inject('thorough') ? [1, 5, 60, 120] : [1, 120]) {
      const child = startChild(new URL('./test/database-child.ts', import.meta.url), [path])
      // The first one is killed while it makes the files.
      await child.said((line, count) => count >= afterLines && (afterLines === 1 || line !== 'ready'))
      await child.kill()
      acknowledged = Math.max(acknowledged, ...child.lines.map(Number).filter(n => n > 0))
      if (acknowledged === 0) continue
      const databases = opened(path)
      const database = await databases.open('main')
      const count = Number(await onlyValue(database, 'select count(*) from kept'))
      expect(count).toBeGreaterThanOrEqual(acknowledged)
      expect(await onlyValue(database, 'select max(n) from kept')).toBe(count)
      expect(await onlyValue(database, 'select sum from sums')).toBe((count * (count + 1)) / 2)
      expect(await onlyValue(database, 'select count(*) from kept where length(text) <> (n * 37) % 4000')).toBe(0)
      await databases.close()
    }
    expect(acknowledged).toBeGreaterThan(100)
    expect(readFileSync(join(path, 'main/data/PG_VERSION'), 'utf8')).not.toBe('')
  })
})
