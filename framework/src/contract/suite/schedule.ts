/** The promises of schedules: each tick is claimed once, and who lost a claim writes nothing more. */
import { expect } from 'vitest'
import type { Claim, Schedules } from '../schedule.ts'
import type { Store, TableShape } from '../store.ts'
import type { Promised, Promises, Subject } from './promises.ts'
import { commit, expectRefused, minute, second, things } from './store-tools.ts'

export interface ScheduleSubject extends Subject {
  readonly schedules: Schedules
  /** Where the holders of claims write: the store that keeps the claims. */
  readonly store: Store
}

export interface ScheduleNeeds {
  /** Beside what the driver keeps its claims in. */
  readonly tables: readonly TableShape[]
}

const needs: ScheduleNeeds = { tables: [{ name: things, key: ['id'], indexes: {}, changesTo: [] }] }

function promise(keep: (subject: ScheduleSubject) => Promise<void>): Promised<ScheduleSubject, ScheduleNeeds> {
  return { needs, keep }
}

const nightly = 'backend/nightly'
const noon = Date.UTC(2030, 0, 1, 12)
const leaseMs = 30 * second

async function claimed(schedules: Schedules, tickMs: number, schedule = nightly): Promise<Claim> {
  const claim = await schedules.claim(schedule, tickMs, leaseMs)
  if (!claim) throw new Error(`nobody holds tick ${tickMs} of ${schedule}, and yet it cannot be claimed`)
  return claim
}

/** What a holder writes, with its check. */
function writes(claim: Claim, id: string) {
  return [{ op: 'put', table: things, item: { id } } as const, claim.check]
}

export const schedulePromises: Promises<ScheduleSubject, ScheduleNeeds> = {
  'a tick is claimed once, however many ask at once': promise(async ({ schedules }) => {
    const claims = await Promise.all(Array.from({ length: 50 }, () => schedules.claim(nightly, noon, leaseMs)))
    const held = claims.filter(claim => claim !== undefined)
    expect(held).toHaveLength(1)
    expect(held[0]).toMatchObject({ schedule: nightly, tickMs: noon })
    expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
  }),

  'schedules do not know of each other': promise(async ({ schedules }) => {
    const names = [nightly, 'backend/hourly', 'nightly', "it's; drop table", '__proto__', 'ü/日本']
    for (const name of names) await claimed(schedules, noon, name)
    for (const name of names) expect(await schedules.claim(name, noon, leaseMs)).toBeUndefined()
    expect(await schedules.last('another')).toBeUndefined()
  }),

  'a tick that is done is not claimed again, nor an older one': promise(async ({ schedules, time }) => {
    const claim = await claimed(schedules, noon)
    expect(await schedules.finish(claim)).toBe(true)
    await time.advance(10 * minute)
    expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
    expect(await schedules.claim(nightly, noon - minute, leaseMs)).toBeUndefined()
    await claimed(schedules, noon + minute)
    expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
  }),

  'while a tick is held, no other is claimed': promise(async ({ schedules }) => {
    const claim = await claimed(schedules, noon)
    for (const tickMs of [noon - minute, noon, noon + minute]) {
      expect(await schedules.claim(nightly, tickMs, leaseMs)).toBeUndefined()
    }
    await schedules.finish(claim)
    await claimed(schedules, noon + minute)
  }),

  'a tick whose holder is gone can be claimed when its time is up, and not before': promise(
    async ({ schedules, time }) => {
      await claimed(schedules, noon)
      await time.advance(leaseMs - second)
      expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
      await time.advance(second)
      const claims = await Promise.all(Array.from({ length: 20 }, () => schedules.claim(nightly, noon, leaseMs)))
      expect(claims.filter(claim => claim !== undefined)).toHaveLength(1)
    },
  ),

  'a later tick takes the place of one whose holder is gone; an older one does not': promise(
    async ({ schedules, time }) => {
      await claimed(schedules, noon)
      await time.advance(leaseMs)
      expect(await schedules.claim(nightly, noon - minute, leaseMs)).toBeUndefined()
      await claimed(schedules, noon + minute)
      await time.advance(leaseMs)
      expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
    },
  ),

  'a holder that extends its claim keeps it': promise(async ({ schedules, time }) => {
    const claim = await claimed(schedules, noon)
    for (let n = 0; n < 5; n++) {
      await time.advance(leaseMs / 2)
      expect(await schedules.extend(claim, leaseMs)).toBe(true)
      expect(await schedules.claim(nightly, noon, leaseMs)).toBeUndefined()
    }
    await time.advance(leaseMs)
    await claimed(schedules, noon)
  }),

  'the fencing number rises with each claim': promise(async ({ schedules, time }) => {
    const fences: number[] = []
    for (let n = 0; n < 6; n++) {
      const claim = await claimed(schedules, noon + n * minute)
      fences.push(claim.fence)
      if (n % 2) await schedules.finish(claim)
      else await time.advance(leaseMs)
    }
    expect(fences).toEqual(fences.toSorted((a, b) => a - b))
    expect(new Set(fences).size).toBe(6)
  }),

  'a holder that lost its claim is told so, and changes nothing': promise(async ({ schedules, time }) => {
    const lost = await claimed(schedules, noon)
    await time.advance(leaseMs)
    const held = await claimed(schedules, noon)
    expect(await schedules.extend(lost, 100 * leaseMs)).toBe(false)
    expect(await schedules.finish(lost, 'too late')).toBe(false)
    expect(await schedules.last(nightly)).toMatchObject({ tickMs: noon, state: 'running' })
    await time.advance(leaseMs - second)
    expect(await schedules.extend(held, leaseMs)).toBe(true)
    expect(await schedules.finish(held)).toBe(true)
    expect(await schedules.finish(held)).toBe(false)
    expect(await schedules.extend(held, leaseMs)).toBe(false)
  }),

  'the check of a claim holds as long as the claim, and no longer': promise(async ({ schedules, store, time }) => {
    const lost = await claimed(schedules, noon)
    await commit(store, ...writes(lost, 'first'))
    await schedules.extend(lost, leaseMs)
    await commit(store, ...writes(lost, 'extended'))
    await time.advance(leaseMs)
    const held = await claimed(schedules, noon)
    await expectRefused(store, writes(lost, 'too late'), 'when', 1)
    await commit(store, ...writes(held, 'second'))
    await schedules.finish(held)
    await expectRefused(store, writes(held, 'after the end'), 'when', 1)
    await claimed(schedules, noon + minute)
    await expectRefused(store, writes(held, 'after the end'), 'when', 1)
    const ids = ['first', 'extended', 'second', 'too late', 'after the end'].map(id => ({ id }))
    expect(await store.getMany(things, ids)).toEqual([...ids.slice(0, 3), undefined, undefined])
  }),

  'of a claim that is lost and a commit at the same moment, only one goes through': promise(
    async ({ schedules, store, time }) => {
      for (let n = 0; n < 20; n++) {
        const name = `schedule ${n}`
        const lost = await claimed(schedules, noon, name)
        await time.advance(leaseMs)
        const [taken, kept] = await Promise.all([
          schedules.claim(name, noon, leaseMs),
          store.commit({ writes: writes(lost, name) }),
        ])
        // A claim and a write of its former holder may follow each other in this order alone: write, then claim.
        expect(taken).toBeDefined()
        await expectRefused(store, writes(lost, name), 'when', 1)
        expect(await store.get(things, { id: name })).toEqual(kept.ok ? { id: name } : undefined)
      }
    },
  ),

  'the last tick tells how it went': promise(async ({ schedules, time }) => {
    expect(await schedules.last(nightly)).toBeUndefined()
    const first = await claimed(schedules, noon)
    const heldUntilMs = time.clock.now() + leaseMs
    expect(await schedules.last(nightly)).toEqual({ tickMs: noon, state: 'running', heldUntilMs })
    await time.advance(5 * second)
    await schedules.finish(first, 'the disk is full')
    const failed = { tickMs: noon, state: 'done', finishedAtMs: time.clock.now(), failure: 'the disk is full' }
    expect(await schedules.last(nightly)).toEqual(failed)
    const next = await claimed(schedules, noon + minute)
    expect(await schedules.last(nightly)).toMatchObject({ tickMs: noon + minute, state: 'running' })
    expect(await schedules.last(nightly)).not.toHaveProperty('failure')
    await schedules.finish(next)
    const done = { tickMs: noon + minute, state: 'done', finishedAtMs: time.clock.now() }
    expect(await schedules.last(nightly)).toEqual(done)
  }),

  'a failure of any length and any characters can be told': promise(async ({ schedules }) => {
    const failure = `\0 \ud83d ${'👍'.repeat(500_000)}`
    await schedules.finish(await claimed(schedules, noon), failure)
    const last = await schedules.last(nightly)
    expect(last?.failure).toMatch(/^\0 \ufffd 👍👍/)
    expect(last?.failure?.length).toBeLessThanOrEqual(2_000)
  }),
}
