/**
 * Schedules: each tick is claimed once.
 *
 * A claim is one item of a table: the tick, who holds it, until when, and a fencing number that rises with each claim.
 * Claiming is a conditional write; a holder extends its claim while it runs, and every commit it makes carries a check
 * on its fencing number, so that a holder which lost its claim can write nothing more. Whatever keeps tables keeps
 * schedules: an engine has them by `schedulesOn(store)`.
 *
 * The states of a schedule's item:
 * - absent: no tick was ever claimed.
 * - *running*: a tick is held, until `untilMs` unless extended. While it is held no tick can be claimed, not a later one
 *   either: calls of one schedule do not overlap. Once its time is up (the process died, or lost touch), the same tick or
 *   a later one can be claimed, with the next fencing number; the former holder's commits are refused from then on.
 * - *done*: finished, with or without a failure. Only a later tick can be claimed.
 */
import type { Conditions, Item, Key, Store, TableShape, Write } from './store.ts'

export interface Claim {
  readonly schedule: string
  readonly tickMs: number
  /** Rises with each claim of the schedule. */
  readonly fence: number
  /** Put into each commit of the holder: refused once the claim is lost. */
  readonly check: Extract<Write, { op: 'check' }>
}

export interface LastTick {
  readonly tickMs: number
  readonly state: 'running' | 'done'
  /** Until when it is held, unless it is extended; afterwards it can be claimed again. Only while it is running. */
  readonly heldUntilMs?: number
  readonly finishedAtMs?: number
  readonly failure?: string
}

export interface Schedules {
  /** The claim of a tick; undefined when it is done, older than the last one, or while it or the last one is held. */
  claim(schedule: string, tickMs: number, leaseMs: number): Promise<Claim | undefined>
  /** Held for `leaseMs` from now. False: the claim is lost. */
  extend(claim: Claim, leaseMs: number): Promise<boolean>
  /** Done, with the failure (at most 2,000 characters of it are kept) if it failed. False: the claim is lost. */
  finish(claim: Claim, failure?: string): Promise<boolean>
  last(schedule: string): Promise<LastTick | undefined>
}

/** The table that schedules are kept in. A target that has schedules by `schedulesOn` opens its store with it. */
export const schedulesTable: TableShape = {
  name: 'groundplan-schedules',
  key: ['schedule'],
  indexes: {},
  version: 'revision',
  changesTo: [],
}

/** An item of that table. */
interface Kept {
  readonly schedule: string
  readonly tickMs: number
  readonly fence: number
  readonly state: 'running' | 'done'
  readonly untilMs: number
  /** Of the data, by whoever claimed it. */
  readonly opening?: string
  readonly finishedAtMs?: number
  readonly failure?: string
  readonly revision: number
}

const table = schedulesTable.name
const mostFailureLength = 2_000

/**
 * Schedules on any store that has the table `schedulesTable`.
 * @param clock of all processes together, where the engine has one: a claim that is held for another's clock is held
 * @param opening see `Drivers`: what was claimed in another one is held no more
 */
export function schedulesOn(store: Store, clock: { now(): number | Promise<number> }, opening?: string): Schedules {
  // The table is written here alone.
  const kept = async (schedule: string): Promise<Kept | undefined> => {
    const last = (await store.get(table, { schedule })) as Kept | undefined
    return last && opening !== undefined && last.opening !== opening ? { ...last, untilMs: 0 } : last
  }
  const committed = async (write: Write): Promise<boolean> => (await store.commit({ writes: [write] })).ok
  return {
    async claim(schedule, tickMs, leaseMs) {
      const last = await kept(schedule)
      const nowMs = await clock.now()
      if (last && !isFree(last, tickMs, nowMs)) return undefined
      const fence = (last?.fence ?? 0) + 1
      const item = { schedule, tickMs, fence, state: 'running', untilMs: nowMs + leaseMs, opening }
      return (await committed(claiming(item, last))) ? claimOf(schedule, tickMs, fence) : undefined
    },
    async extend(claim, leaseMs) {
      return committed(patching(claim, { untilMs: (await clock.now()) + leaseMs }))
    },
    async finish(claim, failure) {
      const finishedAtMs = await clock.now()
      return committed(patching(claim, { state: 'done', finishedAtMs, failure: failure && shortened(failure) }))
    },
    async last(schedule) {
      const last = await kept(schedule)
      return last && lastTickOf(last)
    },
  }
}

function isFree(last: Kept, tickMs: number, nowMs: number): boolean {
  return last.state === 'done' ? tickMs > last.tickMs : tickMs >= last.tickMs && last.untilMs <= nowMs
}

/** On condition that nothing happened since `last` was read. */
function claiming(item: Item, last: Kept | undefined): Write {
  if (!last) return { op: 'insert', table, item }
  return { op: 'put', table, item, when: { revision: { equals: last.revision } } }
}

function patching({ schedule, check }: Claim, set: Item): Write {
  return { op: 'patch', table, key: { schedule }, set, unset: [], when: check.when }
}

function claimOf(schedule: string, tickMs: number, fence: number): Claim {
  const key: Key = { schedule }
  const when: Conditions = { fence: { equals: fence }, state: { equals: 'running' } }
  return { schedule, tickMs, fence, check: { op: 'check', table, key, when } }
}

function lastTickOf({ tickMs, state, untilMs, finishedAtMs, failure }: Kept): LastTick {
  return {
    tickMs,
    state,
    ...(state === 'running' ? { heldUntilMs: untilMs } : {}),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    ...(failure === undefined ? {} : { failure }),
  }
}

/** Cut to length, and without half characters, which no engine keeps. */
function shortened(failure: string): string {
  return failure.slice(0, mostFailureLength).replace(/\p{Surrogate}/gu, '\ufffd')
}
