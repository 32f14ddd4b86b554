/**
 * What handlers may see of the work behind them: what a queue gave up, and how far a view is behind.
 */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { consumer } from '../../plan/consumer.ts'
import { plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'
import { view } from '../../plan/view.ts'
import { testbed } from '../../targets/testbed.ts'
import { placesTable } from '../views.ts'

const people = table('people', {
  item: z.object({ id: z.string(), name: z.string(), visits: z.int().default(0) }),
  key: ['id'],
})
const byName = view('by-name', {
  from: people,
  item: z.object({ name: z.string(), id: z.string() }),
  key: ['name'],
  project: ({ id, name }) => {
    if (name === 'nobody') throw new Error('not this one')
    return { name, id }
  },
})

describe('The gauge of a view', () => {
  const system = plan('lists', { services: [service('lists', { byName })] })

  it('says how long the oldest change has waited, and when none does', async () => {
    await using bed = await testbed(system)
    const { people: writer, gauge } = bed.uses({ people: people.writer, gauge: byName.gauge })
    await writer.put({ id: '1', name: 'Ada' })
    await bed.settled()
    expect(await gauge.lag()).toEqual({ lagMs: 0, waiting: 0, dead: 0 })
    await writer.put({ id: '2', name: 'nobody' })
    await bed.advance('100 milliseconds')
    expect(await gauge.lag()).toMatchObject({ waiting: 1, dead: 0 })
    await bed.advance('1 hour')
    await bed.settled({ deadLetters: 'expected' })
    expect(await gauge.lag()).toEqual({ lagMs: 0, waiting: 0, dead: 1 })
  })
})

describe('A view', () => {
  it('writes nothing for a change that it does not show', async () => {
    await using bed = await testbed(plan('lists', { services: [service('lists', { byName })] }))
    const { people: writer } = bed.uses({ people: people.writer })
    const place = { view: 'by-name', source: JSON.stringify({ id: '1' }) }
    const placed = async () => (await bed.drivers.store.get(placesTable.name, place))?.revision
    await writer.put({ id: '1', name: 'Ada' })
    await bed.settled()
    expect(await placed()).toBe(1)
    await writer.add({ id: '1' }, { visits: 1 })
    await bed.settled()
    expect(await placed()).toBe(1)
    await writer.patch({ id: '1' }, { name: 'Grace' })
    await bed.settled()
    expect(await placed()).toBe(2)
    expect((await bed.drivers.store.scan('by-name', { limit: 10 })).items).toMatchObject([{ name: 'Grace' }])
  })
})

describe('The redriver of a queue', () => {
  it('shows what was given up, with its reason and trace, and has it tried again', async () => {
    const jobs = queue('jobs', { message: z.object({ n: z.int() }), attempts: 2 })
    const done: number[] = []
    let isBroken = true
    const work = consumer(jobs, {
      handle({ message: { n } }) {
        if (isBroken) throw new Error(`no tools for ${n}`)
        done.push(n)
      },
    })
    await using bed = await testbed(plan('workshop', { services: [service('works', { work })] }))
    const { send, again } = bed.uses({ send: jobs.sender, again: jobs.redriver })
    for (const n of [1, 2]) await send.send({ n }, { id: `job-${n}` })
    await bed.advance('1 minute')
    await bed.settled({ deadLetters: 'expected' })
    // Each waits by a back-off of its own before it is given up, so either may be first.
    const dead = (await again.deadLetters()).toSorted((one, other) => one.id.localeCompare(other.id))
    expect(dead.map(({ id, message, reason, attempts }) => ({ id, message, reason, attempts }))).toEqual([
      { id: 'job-1', message: { n: 1 }, reason: 'no tools for 1', attempts: 2 },
      { id: 'job-2', message: { n: 2 }, reason: 'no tools for 2', attempts: 2 },
    ])
    expect(dead[0]?.trace).toMatch(/^[0-9a-f]{32}$/)
    expect(dead[0]?.buriedAt.localeCompare(dead[0].sentAt)).toBeGreaterThanOrEqual(0)
    expect(await again.deadLetters({ limit: 1 })).toHaveLength(1)
    await expect(again.deadLetters({ limit: 0 })).rejects.toThrow('page-size-invalid')
    isBroken = false
    expect(await again.redrive([])).toBe(0)
    expect(await again.redrive(['job-2', 'no-such-job'])).toBe(1)
    await bed.settled({ deadLetters: 'expected' })
    expect(done).toEqual([2])
    expect(await again.deadLetters()).toMatchObject([{ id: 'job-1' }])
  })
})
