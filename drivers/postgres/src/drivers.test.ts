import { randomBytes } from 'node:crypto'
import { memoryBuckets } from 'groundplan/memory/bucket'
import { memoryMail } from 'groundplan/memory/mail'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { migrate, type PostgresOptions, postgresDrivers, schemaVersion } from './drivers.ts'
import { type Server, startServer } from './test/cluster.ts'
import { asked, needs } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

withPostgres('postgres: the set of drivers', () => {
  vi.setConfig({ testTimeout: 60_000 })
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  }, 60_000)
  afterAll(() => server.remove())

  const shape = { plan: 'shop', ...needs, buckets: [], databases: [{ name: 'main' }] }

  function options(): PostgresOptions {
    const { clock } = realTime()
    const buckets = memoryBuckets({ clock, baseUrl: 'http://localhost', key: 'k', buckets: [], accept: () => {} })
    return { url: server.url, clock, masterKey: Buffer.alloc(32, 1), buckets, mail: memoryMail({ clock }) }
  }

  it('keeps tables, queues, schedules, databases and secrets from one process to the next', async () => {
    expect(await migrate(shape, options())).toEqual({ from: 0, to: schemaVersion })
    await asked(server.url, 'create database "shop-main"')
    const first = await postgresDrivers(shape, options())
    await first.store.commit({
      writes: [{ op: 'put', table: 'counters', item: { id: 'a' } }],
      messages: [{ queue: 'work', id: 'm', body: '1' }],
    })
    await first.vault.set('shop/secrets/key', 's3cr3t')
    await first.schedules.claim('backend/nightly', 0, 60_000)
    await (await first.databases.open('main')).script('create table kept (id integer); insert into kept values (7)')
    await first.close()

    const second = await postgresDrivers(shape, options())
    expect(await second.store.get('counters', { id: 'a' })).toEqual({ id: 'a' })
    expect(await second.queues.counts('work')).toMatchObject({ ready: 1 })
    expect((await second.vault.get('shop/secrets/key'))?.value).toBe('s3cr3t')
    expect(await second.schedules.last('backend/nightly')).toMatchObject({ tickMs: 0, state: 'running' })
    const { rows } = await (await second.databases.open('main')).query('select id from kept')
    expect(rows).toEqual([{ id: 7 }])
    await second.close()
    await expect(second.store.get('counters', { id: 'a' })).rejects.toMatchObject({ code: 'engine-unavailable' })
    const [kept] = await asked(server.url, `select string_agg(sealed, '') as all from shop.groundplan_vault`)
    expect(kept?.all).not.toContain('s3cr3t')
  })

  it('leaves no connection behind when it is closed, or refuses to open', async () => {
    await migrate(shape, options())
    await (await postgresDrivers(shape, options())).close()
    const wrongKey = { ...options(), masterKey: randomBytes(32) }
    await expect(postgresDrivers(shape, wrongKey)).rejects.toMatchObject({ code: 'data-damaged' })
    const short = { ...options(), masterKey: randomBytes(16) }
    await expect(postgresDrivers(shape, short)).rejects.toMatchObject({ code: 'setting-invalid' })
    const unmade = { ...shape, plan: 'unmade' }
    await expect(postgresDrivers(unmade, options())).rejects.toThrow(/groundplan migrate/)
    const ours = `select count(*)::int as n from pg_stat_activity where application_name = 'groundplan'`
    await vi.waitFor(async () => expect((await asked(server.url, ours))[0]?.n).toBe(0), 20_000)
  })

  it('says so at once when nothing listens at the address', async () => {
    const nowhere = { ...options(), url: 'postgres://test@127.0.0.1:1/postgres', patienceMs: 200 }
    await expect(postgresDrivers(shape, nowhere)).rejects.toMatchObject({ code: 'engine-unavailable' })
  })
})
