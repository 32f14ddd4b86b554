import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlanShape } from '../contract/drivers.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedDrivers } from './drivers.ts'
import { temporaryFolder } from './test/folder.ts'

const sample: PlanShape = {
  plan: 'shop',
  tables: [{ name: 'items', key: ['id'], indexes: {}, changesTo: [] }],
  queues: [{ name: 'heard', ordered: false }],
  buckets: [{ name: 'files', createdTo: ['heard'] }],
  databases: [],
}
const clock = memoryClock(Date.UTC(2030, 0, 1))
const key = Buffer.alloc(32, 1)

describe('the drivers of a folder', () => {
  let folder: ReturnType<typeof temporaryFolder>
  const open = (more: Partial<Parameters<typeof embeddedDrivers>[1]> = {}, of = sample) =>
    embeddedDrivers(of, { folder: folder.path, clock, baseUrl: 'http://localhost/links', ...more })

  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  it('keep everything that was written, and links to it', async () => {
    const first = await open()
    await first.store.commit({ writes: [{ op: 'put', table: 'items', item: { id: 'a' } }] })
    await first.queues.send([{ queue: 'heard', id: 'm', body: '"by hand"' }])
    await first.buckets.put('files', 'key', Buffer.from('content'))
    await first.vault.set('shop/secrets/carrier', 'value')
    await first.mail.send({ id: 'm', mailbox: 'box', from: 'a@b.c', to: ['d@e.f'], subject: 's', text: 't' })
    await first.schedules.claim('tick', 1_000, 60_000)
    const link = await first.buckets.link({ method: 'GET', bucket: 'files', key: 'key', forMs: 60_000 })
    await first.close()
    const again = await open()
    expect(await again.store.get('items', { id: 'a' })).toEqual({ id: 'a' })
    expect(await again.queues.peek('heard', 10)).toHaveLength(2)
    expect(await (await again.buckets.follow(new Request(link))).text()).toBe('content')
    expect(await again.vault.get('shop/secrets/carrier')).toMatchObject({ value: 'value' })
    expect(await again.mail.sent?.(10)).toMatchObject([{ id: 'm' }])
    expect(await again.schedules.last('tick')).toMatchObject({ tickMs: 1_000, state: 'running' })
    await again.close()
  })

  it('free at once what a process that is gone had leased and claimed, and count its attempts', async () => {
    const shape = { ...sample, queues: [...sample.queues, { name: 'steps', ordered: true }] }
    const [leaseMs, signal] = [3_600_000, new AbortController().signal]
    const sent = [1, 2].map(n => ({ queue: 'steps', id: `${n}`, body: '{}', orderKey: 'k' }))
    let drivers = await open({}, shape)
    await drivers.queues.send([{ queue: 'heard', id: 'm', body: '{}' }, ...sent])
    for (let attempt = 1; attempt <= 4; attempt++) {
      const seen = await Promise.all(
        ['heard', 'steps'].map(queue => drivers.queues.receive(queue, { max: 10, leaseMs, signal })),
      )
      expect(seen).toMatchObject([[{ id: 'm', attempt }], [{ id: '1', attempt }]])
      expect(await drivers.schedules.claim('tick', 1_000, leaseMs)).toMatchObject({ fence: attempt })
      expect(await drivers.schedules.claim('tick', 1_000, leaseMs)).toBeUndefined()
      await drivers.close()
      await clock.advance(1)
      drivers = await open({}, shape)
      expect(await drivers.queues.counts('steps')).toMatchObject({ ready: 2, delayed: 0, leased: 0 })
    }
    await drivers.close()
  })

  it('have one process at a time', async () => {
    const first = await open()
    await expect(open()).rejects.toMatchObject({ code: 'engine-unavailable' })
    await first.close()
    await (await open()).close()
  })

  it('are refused with another master key, which changes nothing and frees the folder', async () => {
    const first = await open({ masterKey: key })
    await first.vault.set('name', 'value')
    await first.close()
    await expect(open({ masterKey: Buffer.alloc(32, 2) })).rejects.toMatchObject({ code: 'data-damaged' })
    await expect(open({ masterKey: Buffer.alloc(16) })).rejects.toMatchObject({ code: 'setting-invalid' })
    await expect(open()).rejects.toMatchObject({ code: 'data-damaged' })
    expect(readdirSync(folder.path)).not.toContain('master.key')
    const again = await open({ masterKey: key })
    expect(await again.vault.get('name')).toMatchObject({ value: 'value' })
    await again.close()
  })

  it('are refused for another plan, and for a queue that holds messages and would be another', async () => {
    const first = await open()
    await first.queues.send([{ queue: 'heard', id: 'm', body: '1' }])
    await first.close()
    const ordered = { ...sample, buckets: [], queues: [{ name: 'heard', ordered: true }] }
    await expect(open({}, ordered)).rejects.toMatchObject({ code: 'plan-invalid' })
    await expect(open({}, { ...sample, plan: 'other' })).rejects.toMatchObject({ code: 'engine-unavailable' })
    await (await open()).close()
  })

  it('say so when they are used after they were closed', async () => {
    const drivers = await open()
    await drivers.buckets.put('files', 'key', Buffer.from('content'))
    await drivers.close()
    const uses = [
      drivers.buckets.head('files', 'key'),
      drivers.buckets.get('files', 'key'),
      drivers.buckets.list('files', { limit: 1 }),
      drivers.buckets.put('files', 'key', Buffer.from('other')),
      drivers.vault.get('name'),
      drivers.vault.set('name', 'value'),
      drivers.mail.sent?.(1),
      drivers.mail.send({ id: 'm', mailbox: 'box', from: 'a@b.c', to: ['d@e.f'], subject: 's', text: 't' }),
      drivers.databases.open('main'),
    ]
    for (const use of uses) await expect(use).rejects.toMatchObject({ code: 'engine-unavailable' })
  })

  it('make no database before it is opened', async () => {
    const drivers = await open()
    await drivers.close()
    expect(readdirSync(folder.path).sort()).toEqual([
      ...['data.mdb', 'data.mdb-lock', 'journal-0', 'journal-1', 'journal-2', 'mail', 'master.key'],
    ])
    expect(readFileSync(join(folder.path, 'master.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
  })
})
