import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { databaseTemplate, type MemoryDatabases, memoryDatabases } from './database.ts'

const loads = vi.hoisted(() => ({ count: 0 }))
vi.mock('@electric-sql/pglite', async original => {
  loads.count += 1
  return original()
})

/** What stands in the place of the build's files. */
const built = vi.hoisted(() => ({ archive: undefined as Blob | undefined }))
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof import('node:fs/promises')>()
  const readFile = (path: unknown, ...more: readonly unknown[]) =>
    built.archive && String(path).endsWith('/new-database.tar.gz')
      ? packed(built.archive)
      : Reflect.apply(real.readFile, undefined, [path, ...more])
  return { ...real, readFile }
})
const packed = async (archive: Blob) => gzipSync(await archive.arrayBuffer())

const template = databaseTemplate()
const opened: MemoryDatabases[] = []

function databases(): MemoryDatabases {
  const made = memoryDatabases({ template })
  opened.push(made)
  return made
}

it('loads no PostgreSQL before a database is opened', () => {
  databases()
  databaseTemplate()
  expect(loads.count).toBe(0)
})

describe('databases in memory', () => {
  beforeAll(async () => void (await template.files()), 60_000)
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(each => each.close()))
  })

  it('begin empty, each from the same template', async () => {
    const [one, two] = await Promise.all([databases().open('main'), databases().open('main')])
    await one.script('create table kept (id integer)')
    expect((await two.query(`select to_regclass('kept') as found`)).rows).toEqual([{ found: null }])
    expect(loads.count).toBe(1)
  })

  it('begin again when they were closed and are opened once more', async () => {
    const both = databases()
    const first = await both.open('main')
    await first.script('create table kept (id integer)')
    await first.close()
    const second = await both.open('main')
    expect(second).not.toBe(first)
    expect((await second.query(`select to_regclass('kept') as found`)).rows).toEqual([{ found: null }])
  })

  it('leave nothing that keeps a process alive', async () => {
    const before = process.getActiveResourcesInfo().length
    const made = databases()
    await (await made.open('main')).query('select 1')
    await made.close()
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before)
  })

  it('tell the time of the process, so that a clock put under Date rules SQL too', async () => {
    const db = await databases().open('main')
    const then = Date.UTC(2031, 4, 5, 6, 7, 8)
    const spy = vi.spyOn(Date, 'now').mockReturnValue(then)
    try {
      const { rows } = await db.query('select now() as now')
      expect(rows).toEqual([{ now: '2031-05-05T06:07:08.000Z' }])
    } finally {
      spy.mockRestore()
    }
  })
})

/** The same archive, of a PostgreSQL of another version. */
async function ofAnotherVersion(files: Blob): Promise<Blob> {
  const archive = Buffer.from(await files.arrayBuffer())
  const blockBytes = 512
  for (let at = 0; at < archive.length; at += blockBytes) {
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '')
    if (name.endsWith('PG_VERSION')) archive.write('17', at + blockBytes)
  }
  return new Blob([archive])
}

describe('databases without a template', { timeout: 180_000 }, () => {
  /** Drawn when its files are made: copies have the same. */
  const identityOfNew = async (options = {}) => {
    const own = memoryDatabases(options)
    try {
      return (await (await own.open('main')).query('select system_identifier::text from pg_control_system()')).rows
    } finally {
      await own.close()
    }
  }
  afterEach(() => {
    built.archive = undefined
  })

  it('begin with the files of the build', async () => {
    built.archive = await template.files()
    expect(await identityOfNew()).toEqual(await identityOfNew({ template }))
  })

  it('make their own where those do not suit the PostgreSQL that is installed', async () => {
    built.archive = await ofAnotherVersion(await template.files())
    expect(await identityOfNew()).not.toEqual(await identityOfNew({ template }))
  })
})
