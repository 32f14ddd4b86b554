import { anyone, endpoint, gateway, nothing, plan, seed, service, table } from 'groundplan'
import { testbed } from 'groundplan/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { attempt, forgiven, isSpent, mostAttempts, tried } from './attempts.ts'
import { Spent, spentIn } from './spent.ts'

const Attempts = z.object({ who: z.string(), used: z.int().default(0), until: z.iso.datetime() })
const attempts = table('attempts', { item: Attempts, key: ['who'], expires: 'until' })
const uses = { attempts: attempts.writer }
type Uses = Parameters<typeof attempt>[0]

const try_ = endpoint('POST /tries', {
  summary: 'Asks for the table, so that the plan has it',
  caller: anyone,
  returns: nothing,
  uses,
  handle: () => undefined,
})
const open = () => testbed(plan('tries', { gateways: { api: gateway(service('door', { try: try_ })) } }))
let bed: Awaited<ReturnType<typeof open>>
beforeEach(async () => {
  bed = await open()
})
afterEach(() => bed.close())

const minuteMs = 60_000

/** Runs on the bed's table, at its time, and tells how often the store was asked. */
async function asking<T>(run: (uses: Uses, at: Date) => Promise<T>): Promise<{ value: T; asked: number }> {
  let asked = 0
  let value: T | undefined
  const handle = async ({ at }: { at: Date }, given: Uses) => {
    const counted = new Proxy(given.attempts, {
      get(client, verb) {
        const does: unknown = Reflect.get(client, verb)
        if (typeof does !== 'function') return does
        asked += 1
        return does.bind(client)
      },
    })
    value = await run({ attempts: counted }, at)
    return []
  }
  await bed.seed(seed({ uses, handle }))
  return { value: value as T, asked }
}

const of = { address: '192.0.2.7', account: 'anna@example.org' }

/** Uses up what an account has. */
const usedUp = () =>
  asking(async (clients, at) => {
    for (let n = 0; n < mostAttempts.account; n++) await attempt(clients, at, of)
  })

describe('what is used up', () => {
  it('is refused without asking the store, for a second', async () => {
    await usedUp()
    const spent = new Spent()
    const refusals = () => asking((clients, at) => tried(clients, at, of, spent))
    const first = await refusals()
    expect(first.value).toBe('used-up')
    expect(first.asked).toBeGreaterThan(0)
    for (let n = 0; n < 100; n++) expect(await refusals()).toEqual({ value: 'known', asked: 0 })
    await bed.advance('1 second')
    const again = await refusals()
    expect(again.value).toBe('used-up')
    expect(again.asked).toBeGreaterThan(0)
  })

  it('takes nothing of what is not: whoever is refused from memory has not tried', async () => {
    await usedUp()
    const spent = new Spent()
    for (let n = 0; n < mostAttempts.address; n++) await asking((clients, at) => tried(clients, at, of, spent))
    // The address has used ten, and the one that the store refused.
    const other = () => asking((clients, at) => attempt(clients, at, { address: of.address }))
    for (let n = mostAttempts.account + 1; n < mostAttempts.address; n++) expect((await other()).value).toBe(true)
    expect((await other()).value).toBe(false)
  })

  it('is free at once where its owner was let in, and in every other process within a second', async () => {
    await usedUp()
    const [here, there] = [new Spent(), new Spent()]
    const tryIn = (spent: Spent) => asking((clients, at) => tried(clients, at, of, spent))
    for (const spent of [here, there]) expect((await tryIn(spent)).value).toBe('used-up')
    await asking((clients, at) => forgiven(clients, at, { account: of.account }, here))
    expect((await tryIn(here)).value).toBe('taken')
    expect((await tryIn(there)).value).toBe('known')
    await bed.advance('1 second')
    expect((await tryIn(there)).value).toBe('taken')
  })

  it('is free when its quarter of an hour is over, however short ago it was refused', async () => {
    const endMs = (Math.floor(bed.now.getTime() / (15 * minuteMs)) + 1) * 15 * minuteMs
    const [early, later] = [new Date(endMs - 200), new Date(endMs)]
    const spent = new Spent()
    const tries = await asking(async clients => {
      const all: string[] = []
      for (let n = 0; n <= mostAttempts.account; n++) all.push(await tried(clients, early, of, spent))
      return all
    })
    expect(tries.value.at(-1)).toBe('used-up')
    expect((await asking(clients => tried(clients, later, of, spent))).value).toBe('taken')
  })

  it('is one for all addresses of a household', () => {
    const spent = new Spent()
    const at = new Date(0)
    spent.add('address/2001:db8:0:1', at, minuteMs)
    expect(isSpent(spent, at, { address: '2001:db8:0:1::7' })).toBe(true)
    expect(isSpent(spent, at, { address: '2001:db8:0:2::7' })).toBe(false)
  })

  it('is remembered of so many only, those of last', () => {
    const spent = new Spent()
    const at = new Date(0)
    for (let n = 0; n < 10_001; n++) spent.add(`account/${n}`, at, minuteMs)
    expect(['account/0', 'account/1', 'account/10000'].map(what => spent.has(what, at))).toEqual([false, true, true])
  })
})

it('each running system remembers by itself', () => {
  const memoryOf = spentIn()
  const [one, other] = [{ address: {} }, { address: {} }]
  expect(memoryOf({ ...one })).toBe(memoryOf({ ...one }))
  expect(memoryOf(one)).not.toBe(memoryOf(other))
})
