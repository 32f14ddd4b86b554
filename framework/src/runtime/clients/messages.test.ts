import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { consumer } from '../../plan/consumer.ts'
import { atomically } from '../../plan/operation.ts'
import { queue } from '../../plan/queue.ts'
import { table } from '../../plan/table.ts'
import { testbed } from '../../targets/testbed.ts'
import { backgroundPlan, rejection } from '../test/small.ts'

const jobs = queue('jobs', { message: z.object({ text: z.string(), at: z.iso.datetime().optional() }) })
const notes = table('notes', { item: z.object({ id: z.string() }), key: ['id'] })

async function sending(options: Parameters<typeof testbed>[1] = {}) {
  const came: (readonly [string, number])[] = []
  const began = Date.parse('2026-01-01T00:00:00Z')
  const work = consumer(jobs, {
    uses: { notes: notes.writer },
    handle: ({ message, at }) => void came.push([message.text, (at.getTime() - began) / 1_000]),
  })
  const bed = await testbed(backgroundPlan({ work }), options)
  return Object.assign(bed, { came, clients: bed.uses({ jobs: jobs.sender, notes: notes.writer }) })
}

describe('A sender', () => {
  it('sends at once, after a delay, or at a time, however far', async () => {
    await using bed = await sending()
    const { jobs } = bed.clients
    await jobs.send({ text: 'in a year' }, { at: new Date('2027-01-01T00:00:00Z') })
    await jobs.send({ text: 'in a quarter' }, { delay: '15 minutes' })
    await jobs.send({ text: 'now' })
    await jobs.send({ text: 'past' }, { at: new Date('2020-01-01T00:00:00Z') })
    await bed.settled()
    expect(bed.came.map(([text]) => text)).toEqual(['now', 'past'])
    const waiting = await bed.settled()
    expect(waiting).toEqual([{ what: 'queue jobs', until: new Date('2026-01-01T00:15:00Z') }])
    await bed.advance('364 days')
    await bed.advance('1 day')
    expect(bed.came.slice(2)).toEqual([
      ['in a quarter', 900],
      ['in a year', 365 * 86_400],
    ])
  })

  it('counts a delay from when the call that sends it began', async () => {
    await using bed = await sending({ outbox: true })
    await bed.advance('1 hour')
    await bed.clients.jobs.send({ text: 'later' }, { delay: '10 minutes' })
    await bed.advance('1 hour')
    expect(bed.came).toEqual([['later', 3_600 + 600]])
  })

  it('takes a delay of at most 15 minutes', async () => {
    await using bed = await sending()
    const late = async () => bed.clients.jobs.send({ text: 'x' }, { delay: '16 minutes' })
    expect(await rejection(late())).toMatchObject({
      code: 'delay-too-long',
      message: expect.stringContaining('use `at`'),
    })
  })

  it('sends what has the same id within 5 minutes once', async () => {
    for (const outbox of [true, false]) {
      await using bed = await sending({ outbox })
      const send = async (text: string) => {
        await bed.clients.jobs.send({ text }, { id: 'same' })
        await bed.settled()
      }
      await send('first')
      await bed.advance('4 minutes')
      await send('again')
      await bed.advance('1 minute')
      await send('another')
      expect(bed.came.map(([text]) => text)).toEqual(['first', 'another'])
    }
  })

  it('refuses what does not fit its schema, or is larger than 256 KB, before anything is sent', async () => {
    await using bed = await sending()
    const { jobs } = bed.clients
    const unfit = async () => jobs.send({ text: 7 as never })
    expect(await rejection(unfit())).toMatchObject({
      code: 'message-invalid',
      message: expect.stringContaining('/text'),
    })
    const most = 'x'.repeat(256 * 1_024 - '{"text":""}'.length)
    await jobs.send({ text: most })
    const large = async (text: string) => jobs.send({ text })
    expect(await rejection(large(`${most}x`))).toMatchObject({ code: 'message-too-large' })
    expect(await rejection(large('ü'.repeat(140 * 1_024)))).toMatchObject({ code: 'message-too-large' })
    await bed.settled()
    expect(bed.came).toHaveLength(1)
  })

  it('sends nothing where the commit is refused, with an outbox or without', async () => {
    for (const outbox of [true, false]) {
      await using bed = await sending({ outbox })
      const { jobs, notes } = bed.clients
      const both = () => atomically({ note: notes.insert({ id: 'a' }), job: jobs.send({ text: 'told' }) })
      expect(await both()).toEqual({ ok: true })
      expect(await both()).toEqual({ ok: false, failed: 'note' })
      await bed.settled()
      expect(bed.came).toHaveLength(1)
    }
  })
})
