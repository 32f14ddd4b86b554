import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { secretName } from '../../contract/names.ts'
import { shapeOf } from '../../contract/plan-shape.ts'
import { memoryClock } from '../../memory/clock.ts'
import { memoryDrivers } from '../../memory/drivers.ts'
import { alarm, items as itemsOf } from '../../plan/alarm.ts'
import { apiKeys } from '../../plan/api-keys.ts'
import { anyone } from '../../plan/authorizer.ts'
import { consumer } from '../../plan/consumer.ts'
import { endpoint, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { mailbox } from '../../plan/mailbox.ts'
import { plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { schedule } from '../../plan/schedule.ts'
import { secret, setting } from '../../plan/secret.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'
import { view } from '../../plan/view.ts'
import type { LogRecord } from '../log.ts'
import { runtimeTables, startRuntime } from '../runtime.ts'
import { operatorOf } from './operator.ts'

const Older = z.strictObject({ id: z.string(), name: z.string() })
const Person = z.strictObject({ id: z.string(), first: z.string(), rank: z.int().nullable().optional() })
const people = table('people', {
  item: [Older, ({ id, name }) => ({ id, first: name.toUpperCase() }), Person],
  key: ['id'],
  indexes: { byRank: ['rank', 'id'] },
})
const byName = view('by-name', {
  from: people,
  item: z.object({ first: z.string(), id: z.string() }),
  key: ['first', 'id'],
  project: ({ first, id }) => ({ first, id }),
})
const jobs = queue('jobs', { message: z.object({ job: z.string() }), attempts: 2 })
const token = secret('token')
const size = setting('size', z.coerce.number().int())
const staff = mailbox('staff', { from: 'shop@example.org', to: 'staff@example.org' })
const crowded = alarm('crowded', { when: itemsOf(people).above(1), tell: staff })
const partner = apiKeys('partner', { scopes: ['read'] })
const inner = apiKeys('inner', { scopes: ['all'] })

const answering = (caller: typeof anyone) =>
  endpoint('GET /open', { summary: 'x', caller, returns: nothing, handle() {} })
const system = plan('small', {
  gateways: {
    api: gateway(
      service('server', {
        open: answering(anyone),
        read: endpoint('GET /read', { summary: 'x', caller: partner.with('read'), returns: nothing, handle() {} }),
        all: endpoint('GET /all', { summary: 'x', caller: inner.with('all'), returns: nothing, handle() {} }),
      }),
    ),
  },
  services: [
    service('main', {
      byName,
      doing: consumer(jobs, { uses: { token: token.reader, size: size.reader }, handle() {} }),
      failing: schedule({ every: '1 hour' }, { handle: () => Promise.reject(new Error('no paper')) }),
      telling: schedule(
        { every: '1 hour' },
        { uses: { people: people.writer }, handle: (_call, { people }) => people.put({ id: 'told', first: 'T' }) },
      ),
    }),
  ],
  alarms: [crowded],
})

/** The plan at rest: nothing of it works by itself. */
async function atRest() {
  const clock = memoryClock(Date.parse('2030-01-01T00:30:00Z'))
  const logs: LogRecord[] = []
  const options = { clock, linkKey: 'k'.repeat(64), baseUrl: 'http://localhost' }
  const drivers = memoryDrivers(shapeOf(system, runtimeTables), options)
  const sink = (record: LogRecord): void => void logs.push(record)
  const runtime = await startRuntime(system, drivers, { logs: sink, background: false })
  const operator = operatorOf(runtime, drivers, { running: false, logs: sink, seed: async () => ['done'] })
  const put = (item: Readonly<Record<string, unknown>>) =>
    drivers.store.commit({ writes: [{ op: 'put', table: 'people', item }] })
  return {
    ...{ clock, logs, drivers, runtime, operator, put },
    async [Symbol.asyncDispose]() {
      await runtime.stop(0)
      await drivers.close()
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('the operator of a plan at rest', () => {
  it('sees how far a view is behind, and makes it again', async () => {
    await using rest = await atRest()
    const { operator, put, clock } = rest
    await put({ id: 'a', first: 'Ann' })
    await clock.advance(5_000)
    const behind = { name: 'by-name', of: 'people', waiting: 1, dead: 0, lagMs: 5_000, built: false }
    expect(await operator.views()).toEqual([behind])
    expect(await operator.rebuildView({ view: 'by-name' })).toEqual({ count: 1 })
    const key = { first: 'Ann', id: 'a' }
    // As its readers know it: without what the runtime notes beside.
    expect(await operator.getItem({ table: 'by-name', key })).toEqual({ item: key })
    expect(await all(operator.exportTable({ table: 'by-name' }))).toEqual([key])
    expect((await operator.queryTable({ table: 'by-name', partition: 'Ann' })).items).toEqual([key])
    expect(await operator.views()).toMatchObject([{ built: true }])
    await expect(operator.rebuildView({ view: 'people' })).rejects.toMatchObject({ code: 'request-invalid' })
  })

  it('runs what time triggers, though time triggers nothing', async () => {
    await using rest = await atRest()
    const { operator, clock, drivers } = rest
    await clock.advance(3 * 3_600_000)
    expect((await operator.schedules()).map(({ name, last }) => [name, last])).toEqual([
      ['main/failing', undefined],
      ['main/telling', undefined],
      ['groundplan/alarms', undefined],
    ])
    expect(await operator.runSchedule({ schedule: 'main/telling' })).toEqual({ ok: true, tookMs: 0 })
    expect(await drivers.store.count('people')).toBe(1)
    expect(await operator.runSchedule({ schedule: 'main/failing' })).toEqual({
      ok: false,
      failure: 'no paper',
      tookMs: 0,
    })
    const [failing] = await operator.schedules()
    expect(failing).toEqual({
      ...{ name: 'main/failing', kind: 'schedule', when: { everyMs: 3_600_000 } },
      nextAtMs: Date.parse('2030-01-01T04:00:00Z'),
      last: { atMs: clock.now(), state: 'done', finishedAtMs: clock.now(), failure: 'no paper' },
    })
    await expect(operator.runSchedule({ schedule: 'main/doing' })).rejects.toMatchObject({ code: 'request-invalid' })
  })

  it('runs a schedule right after it was first started: that it is being noted is no run', async () => {
    await using rest = await atRest()
    const { drivers } = rest
    const runtime = await startRuntime(system, drivers, { logs: () => {} })
    const operator = operatorOf(runtime, drivers, { running: true, logs: () => {} })
    expect(await operator.runSchedule({ schedule: 'main/telling' })).toMatchObject({ ok: true })
    await runtime.stop(0)
  })

  it('does not run what a dead process holds until its claim has run out', async () => {
    await using rest = await atRest()
    const { operator, clock, drivers } = rest
    await drivers.schedules.claim('main/telling', clock.now(), 60_000)
    const until = new Date(clock.now() + 60_000).toISOString()
    await expect(operator.runSchedule({ schedule: 'main/telling' })).rejects.toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining(until),
    })
    expect(await drivers.store.count('people')).toBe(0)
    await clock.advance(60_000)
    expect(await operator.runSchedule({ schedule: 'main/telling' })).toMatchObject({ ok: true })
  })

  it('sees which alarms hold, since when, and whether people were told', async () => {
    await using rest = await atRest()
    const { operator, put, clock, drivers } = rest
    const condition = { name: 'crowded', measure: 'items', of: 'table people', above: 1 }
    for (const id of ['a', 'b']) await put({ id, first: 'X' })
    expect(await operator.alarms()).toEqual([condition])
    await operator.runSchedule({ schedule: 'groundplan/alarms' })
    expect(await operator.alarms()).toEqual([{ ...condition, sinceMs: clock.now(), told: true }])
    expect(await drivers.queues.counts('mail.box.staff')).toMatchObject({ ready: 1 })
    const kinds = (await operator.queues()).map(({ name, of }) => [name, of])
    expect(kinds).toEqual([
      ['jobs', 'plan'],
      ['main.byName', 'view'],
      ['mail.box.staff', 'mailbox'],
    ])
  })

  it('counts what fits no version of its schema, and what an upgrade can read as fitting', async () => {
    await using rest = await atRest()
    const { operator, put } = rest
    await put({ id: 'new', first: 'Ann' })
    await put({ id: 'old', name: 'ben' })
    for (let n = 0; n < 7; n++) await put({ id: `odd${n}`, first: n })
    const [checked] = await all(operator.checkData({ table: 'people' }))
    expect(checked).toMatchObject({ table: 'people', items: 9, unfit: 7 })
    expect(checked?.examples).toHaveLength(5)
    expect(checked?.examples[0]).toMatchObject({ key: { id: 'odd0' }, issues: expect.stringContaining('first') })
    expect((await all(operator.checkData({}))).map(({ table }) => table)).toContain('by-name')
    // Items are given as they are kept, whatever their schema says.
    expect(await operator.getItem({ table: 'people', key: { id: 'odd3' } })).toEqual({ item: { id: 'odd3', first: 3 } })
  })

  it('knows which attributes are numbers, also where they may be absent', async () => {
    await using rest = await atRest()
    const found = (await rest.operator.tables()).find(({ name }) => name === 'people')
    expect(found).toMatchObject({ kind: 'table', key: ['id'], indexes: { byRank: ['rank', 'id'] }, numbers: ['rank'] })
  })

  it('lists secrets that the plan does not name any more, so that they can be removed, and never its own', async () => {
    await using rest = await atRest()
    const { operator, drivers } = rest
    await drivers.vault.set(secretName('small', 'former'), 'value-of-former')
    const secrets = await operator.secrets()
    expect(secrets.map(({ name, declared, version }) => [name, declared, version])).toEqual([
      ['former', false, 1],
      ['token', true, undefined],
    ])
    expect(JSON.stringify(secrets)).not.toContain('value-of')
    expect(await operator.removeSecret({ name: 'former' })).toEqual({ count: 1 })
    const own = operator.removeSecret({ name: 'groundplan-internal' })
    await expect(own).rejects.toMatchObject({ code: 'request-invalid' })
    expect(await drivers.vault.get(secretName('small', 'groundplan-internal'))).toBeDefined()
  })

  it('says which settings handlers cannot use as they are', async () => {
    await using rest = await atRest()
    const { operator } = rest
    expect(await operator.settings()).toMatchObject([{ name: 'size', problem: expect.any(String), declared: true }])
    await expect(operator.setSetting({ name: 'size', value: 'wide' })).rejects.toMatchObject({
      code: 'setting-invalid',
    })
    expect(await operator.setSetting({ name: 'size', value: '7' })).toMatchObject({ value: '7', version: 1 })
  })

  it('asks which keys are meant where a plan declares several kinds', async () => {
    await using rest = await atRest()
    const { operator } = rest
    const ask = { account: 'a', name: 'n', scopes: ['read'] }
    await expect(operator.createApiKey(ask)).rejects.toMatchObject({
      detail: expect.stringContaining('partner, inner'),
    })
    const made = await operator.createApiKey({ ...ask, keys: 'partner' })
    expect(await operator.apiKeys()).toMatchObject([{ keys: 'partner', keyId: made.keyId }])
    expect(await operator.revokeApiKey({ keys: 'inner', keyId: made.keyId })).toEqual({ count: 0 })
    expect(await operator.revokeApiKey({ keys: 'partner', keyId: made.keyId })).toEqual({ count: 1 })
    expect(await operator.apiKeys()).toEqual([])
  })

  it('is logged by what it steers, without a value', async () => {
    await using rest = await atRest()
    const { operator, logs } = rest
    await operator.setSecret({ name: 'token', value: 'hidden-1234' })
    await operator.setSetting({ name: 'size', value: '12345' })
    await operator.sendMessage({ queue: 'jobs', message: { job: 'private-matter' } })
    await operator.purgeQueue({ queue: 'jobs', which: 'waiting' })
    await operator.queues()
    const said = logs.filter(({ handler }) => handler === 'operator')
    expect(said.map(({ message, fields }) => [message, fields])).toEqual([
      ['setSecret', { name: 'token' }],
      ['setSetting', { name: 'size' }],
      ['sendMessage', { queue: 'jobs' }],
      ['purgeQueue', { queue: 'jobs', which: 'waiting' }],
    ])
    expect(JSON.stringify(logs)).not.toMatch(/hidden-1234|12345|private-matter/)
  })
})
