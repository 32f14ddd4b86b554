/** A mail server as an engine of an environment: what a system mails goes out by it, once, and that is remembered on disk. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atomically, consumer, mailbox, plan, queue, service } from 'groundplan'
import { type Clock, fromEnv, mailTable, type Store, shapeOf } from 'groundplan/driver'
import { homeOn } from 'groundplan/home'
import { placedDrivers, shapeInEnvironment } from 'groundplan/targets/placed'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { smtp } from './config.ts'
import { against } from './test/engines.ts'

vi.setConfig({ testTimeout: 60_000 })

const notes = mailbox('notes', { from: 'Notes <notes@example.org>', to: 'reader@example.org' })
const jobs = queue('jobs', { message: z.object({ subject: z.string() }) })
const tell = consumer(jobs, {
  uses: { notes: notes.sender },
  handle: async ({ message: { subject } }, { notes }) =>
    void (await atomically({ mail: notes.send({ subject, text: 'so' }) })),
})
const diary = plan('diary', { services: [service('backend', { tell })] })

const clock: Clock = {
  now: () => Date.now(),
  at(atMs, run) {
    const timer = setTimeout(run, Math.max(0, atMs - Date.now()))
    return () => clearTimeout(timer)
  },
}

it('names its variables, and asks for a table that remembers which mails went out', () => {
  const engine = smtp({
    host: 'mail.example.org',
    user: 'shop',
    password: fromEnv('MAIL_PASSWORD'),
    domain: 'example.org',
  })
  expect(engine.variables).toEqual(['MAIL_PASSWORD'])
  const tables = shapeInEnvironment(shapeOf(diary), [engine]).tables.map(({ name }) => name)
  expect(tables).toContain(mailTable.name)
})

await against('exim', ({ endpoint, user, password }) => {
  it('a system beside it keeps its tables on disk, and its mail goes out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'groundplan-smtp-'))
    const { hostname, port } = new URL(endpoint)
    const engine = smtp({
      host: hostname,
      port: Number(port),
      user,
      password: fromEnv('MAIL_PASSWORD'),
      domain: 'shop.example',
    })
    const text = (value: unknown): string => (typeof value === 'string' ? value : password)
    const stores: Store[] = []
    const open = homeOn(async shape => {
      const drivers = await placedDrivers(shape, {
        ...{ engines: [engine], text, clock, masterKey: Buffer.alloc(32, 1), folder: join(folder, shape.plan) },
        baseUrl: 'http://localhost',
      })
      stores.push(drivers.store)
      return drivers
    })
    try {
      await using home = await open(diary)
      await home.uses({ jobs: jobs.sender }).jobs.send({ subject: 'Rain' })
      // What the server refuses is dead, and told.
      await home.settled()
      const { items: remembered } = (await stores[0]?.scan(mailTable.name, { limit: 10 })) ?? { items: [] }
      expect(remembered).toMatchObject([{ state: 'sent' }])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
