/**
 * Schedules: each tick is claimed once.
 *
 * A claim is one item of a table: the tick, who holds it, until when, and a fencing number that rises with each claim.
 * Claiming is a conditional write; a holder extends its claim while it runs, and every commit it makes carries a check
 * on its fencing number, so that a holder which lost its claim can write nothing more. Whatever keeps tables keeps
 * schedules: an engine has them by `schedulesOn(store)`.
 */
import type { Write } from './store.ts'

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
  readonly finishedAtMs?: number
  readonly failure?: string
}

export interface Schedules {
  /** The claim of a tick; undefined when it is done, held by another, or older than the last one. */
  claim(schedule: string, tickMs: number, leaseMs: number): Promise<Claim | undefined>
  /** False: the claim is lost. */
  extend(claim: Claim, leaseMs: number): Promise<boolean>
  /** Done, with the failure if it failed. False: the claim is lost. */
  finish(claim: Claim, failure?: string): Promise<boolean>
  last(schedule: string): Promise<LastTick | undefined>
}
