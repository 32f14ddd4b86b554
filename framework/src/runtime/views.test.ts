/** Views: right in the end, whatever comes late, twice, or while somebody else writes. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Drivers } from '../contract/drivers.ts'
import type { Commit, Item } from '../contract/store.ts'
import { table } from '../plan/table.ts'
import { view } from '../plan/view.ts'
import { killedEverywhere, testbed } from '../targets/testbed.ts'
import { viewSource } from './clients/table.ts'
import { still, systemOf } from './test/processes.ts'
import { backgroundPlan, latch, rejection } from './test/small.ts'
import { placesTable } from './views.ts'

const people = table('people', { item: z.object({ id: z.string(), names: z.array(z.string()) }), key: ['id'] })
const byName = view('by-name', {
  from: people,
  item: z.object({ name: z.string(), id: z.string() }),
  key: ['name'],
  project: ({ id, names }) => {
    if (names.includes('bad')) throw new Error('not this one')
    return names.map(name => ({ name, id }))
  },
})
const plan = backgroundPlan({ byName })

const put = ({ store }: Drivers, id: string, ...names: readonly string[]) =>
  store.commit({ writes: [{ op: 'put', table: 'people', item: { id, names } }] })

const remove = ({ store }: Drivers, id: string) =>
  store.commit({ writes: [{ op: 'remove', table: 'people', key: { id } }] })

/** What the view shows: `name=id`. */
async function shown({ store }: Drivers): Promise<readonly string[]> {
  const { items } = await store.scan('by-name', { limit: 1_000 })
  return items.map(({ name, id }) => `${name}=${id}`).toSorted()
}

/** Holds the next commit that follows this item, at the last moment; gives what lets it go. */
function holdingNext({ store }: Drivers, id: string): { readonly held: Promise<void>; open(): void } {
  const { commit } = store
  const [arrived, gate] = [latch(), latch()]
  const isIt = ({ writes }: Commit): boolean =>
    writes.some(write => 'item' in write && (write.item as Item).source === JSON.stringify({ id }))
  Object.assign(store, {
    async commit(given: Commit) {
      if (isIt(given)) {
        Object.assign(store, { commit })
        arrived.open()
        await gate.opened
      }
      return commit.call(store, given)
    },
  })
  return { held: arrived.opened, open: gate.open }
}

describe('A view', () => {
  it('shows what its source is now, when who follows it was frozen and somebody else followed on', async () => {
    const { drivers, clock, process } = systemOf(plan)
    const one = await process()
    await put(drivers, 'a', 'first')
    await still()
    expect(await shown(drivers)).toEqual(['first=a'])
    const { extend } = drivers.queues
    Object.assign(drivers.queues, { extend: () => new Promise(() => {}) })
    const { held, open } = holdingNext(drivers, 'a')
    await put(drivers, 'a', 'first', 'second')
    await held
    // Its lease is over: another process has the message, and what came after it.
    const two = await process()
    await clock.advance(30_000)
    Object.assign(drivers.queues, { extend })
    await put(drivers, 'a', 'first')
    await still()
    expect(await shown(drivers)).toEqual(['first=a'])
    open()
    await still()
    expect(await shown(drivers)).toEqual(['first=a'])
    await Promise.all([one, two].map(({ runtime }) => runtime.stop(0)))
  })

  it('lets a place pass from one item to another, in whichever order their changes come', async () => {
    const { drivers, process } = systemOf(plan)
    const { runtime } = await process()
    await put(drivers, 'a', 'x')
    await still()
    const { held, open } = holdingNext(drivers, 'a')
    await put(drivers, 'a', 'y')
    await held
    // The place that was given up is taken before the giving up is followed.
    await put(drivers, 'b', 'x')
    await still()
    expect(await shown(drivers)).toEqual(['x=b'])
    open()
    await still()
    expect(await shown(drivers)).toEqual(['x=b', 'y=a'])
    await remove(drivers, 'a')
    await remove(drivers, 'b')
    await still()
    expect(await shown(drivers)).toEqual([])
    await runtime.stop(0)
  })

  it('keeps what it cannot follow among its dead letters, and hinders no other; redriven it is right', async () => {
    await using bed = await testbed(plan)
    await put(bed.drivers, 'a', 'good', 'bad')
    await put(bed.drivers, 'b', 'fine')
    await bed.advance('1 hour')
    expect(await shown(bed.drivers)).toEqual(['fine=b'])
    expect(await bed.deadLetters()).toMatchObject([{ queue: 'main.byName', reason: 'not this one' }])
    await put(bed.drivers, 'a', 'good')
    await bed.redrive('main.byName')
    await bed.settled()
    expect(await shown(bed.drivers)).toEqual(['fine=b', 'good=a'])
  })

  it('built anew forgets what is gone, says how far it is, and what it could not make', async () => {
    const { drivers, process } = systemOf(plan)
    const { runtime } = await process()
    await still()
    for (let n = 0; n < 150; n++) await put(drivers, `${n}`, `name-${n}`)
    // As after a restore of the source alone: no change tells of it.
    const source = '{"id":"lost"}'
    await drivers.store.commit({
      writes: [
        { op: 'put', table: 'by-name', item: { name: 'lost', id: 'lost', [viewSource]: source } },
        { op: 'put', table: placesTable.name, item: { view: 'by-name', source, keys: [{ name: 'lost' }] } },
      ],
    })
    expect(await shown(drivers)).toContain('lost=lost')
    const [keeper] = runtime.views
    await put(drivers, 'wrong', 'bad')
    const progress: string[] = []
    expect(await rejection(keeper?.rebuild(so => progress.push(`${so.done}/${so.of}`)) ?? still())).toMatchObject({
      code: 'handler-failed',
      message: expect.stringMatching(/lacks what it could not make of 1 of "people", the first being {"id":"wrong"}/),
    })
    expect(progress).toEqual(['100/151', '151/151'])
    expect(await shown(drivers)).toEqual(Array.from({ length: 150 }, (_each, n) => `name-${n}=${n}`).toSorted())
    await runtime.stop(0)
  })
})

it('Killed at every point, a view ends as its source has it', async () => {
  const points = await killedEverywhere({
    boot: async () => {
      const bed = await testbed(plan)
      await put(bed.drivers, 'a', 'x', 'z')
      await bed.settled()
      return bed
    },
    async act(bed) {
      await put(bed.drivers, 'a', 'y', 'z')
      await put(bed.drivers, 'b', 'x')
      await bed.advance('1 second')
    },
    async check(bed, { point }) {
      expect(await shown(bed.drivers), `point ${point}`).toEqual(['x=b', 'y=a', 'z=a'])
    },
  })
  expect(points).toBeGreaterThan(10)
})
