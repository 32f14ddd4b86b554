/**
 * Schedules: run each tick once. The process that claims a tick runs it, extends its claim while it runs, and finishes
 * it; what the call writes carries the claim's fence, so that a process which lost its claim writes nothing more. A
 * schedule that never ran before begins with the next tick; after a stop the latest missed tick runs, once.
 */
import type { Cancel } from '../contract/clock.ts'
import { fault } from '../contract/problems.ts'
import type { Claim, Schedules } from '../contract/schedule.ts'
import { latestTick, nextTick } from '../contract/ticks.ts'
import type { Schedule } from '../plan/schedule.ts'
import { type CallKit, execute, RunningCall } from './call.ts'

/** Something that time triggers. */
export interface Ticking {
  readonly service: string
  readonly name: string
  readonly when: Schedule['when']
  readonly timeoutMs: number
  run(call: RunningCall, tick: Date): Promise<unknown>
}

export interface Ticker {
  /** Runs it now, as if its latest tick were due. */
  runNow(service: string, name: string): Promise<void>
  /** When each schedule is due next. */
  next(): readonly { readonly schedule: string; readonly atMs: number }[]
  /** Starts nothing more; resolves when what runs has ended. */
  stop(): Promise<void>
}

const leaseMs = 60_000

export function ticker(kit: CallKit, schedules: Schedules, ticking: readonly Ticking[]): Ticker {
  const timers = new Map<string, { atMs: number; cancel: Cancel }>()
  const running = new Set<Promise<void>>()
  const retries = new Set<Cancel>()
  let stopped = false

  const arm = (each: Ticking): void => {
    if (stopped) return
    const atMs = nextTick(each.when, kit.clock.now())
    const cancel = kit.clock.at(atMs, () => {
      arm(each)
      begin(each, atMs)
    })
    timers.set(nameOf(each), { atMs, cancel })
  }
  const begin = (each: Ticking, tickMs: number): void => {
    const ended = kit.activity.begin(nameOf(each))
    const run = runTick(kit, schedules, each, tickMs)
      .then(heldUntilMs => {
        if (heldUntilMs !== undefined) tryAgain(each, tickMs, heldUntilMs)
      })
      .catch(error => report(kit, each, error))
      .finally(() => {
        ended()
        running.delete(run)
      })
    running.add(run)
  }
  // Whoever holds the tick may be dead: then its claim runs out, and the tick is still to be run.
  const tryAgain = (each: Ticking, tickMs: number, atMs: number): void => {
    if (stopped) return
    const cancel = kit.clock.at(atMs, () => {
      retries.delete(cancel)
      begin(each, tickMs)
    })
    retries.add(cancel)
  }
  for (const each of ticking) {
    arm(each)
    const ended = kit.activity.begin(nameOf(each))
    const caughtUp = catchUp(kit, schedules, each, tickMs => begin(each, tickMs))
      .catch(error => report(kit, each, error))
      .finally(() => {
        ended()
        running.delete(caughtUp)
      })
    running.add(caughtUp)
  }
  return {
    async runNow(service, name) {
      const found = ticking.find(each => each.service === service && each.name === name)
      if (!found) throw fault('no-such-route', `there is no schedule ${service}/${name}`)
      await runUnclaimed(kit, found, new Date(kit.clock.now()))
    },
    next: () => [...timers].map(([schedule, { atMs }]) => ({ schedule, atMs })),
    async stop() {
      stopped = true
      for (const { cancel } of timers.values()) cancel()
      for (const cancel of retries) cancel()
      await Promise.all(running)
    },
  }
}

function nameOf({ service, name }: Ticking): string {
  return `${service}/${name}`
}

/** A schedule that is new begins here: its latest tick counts as done. Otherwise the latest missed tick is due. */
async function catchUp(
  kit: CallKit,
  schedules: Schedules,
  each: Ticking,
  begin: (tickMs: number) => void,
): Promise<void> {
  const latestMs = latestTick(each.when, kit.clock.now())
  if (latestMs === undefined) return
  const last = await schedules.last(nameOf(each))
  if (last) {
    if (last.tickMs < latestMs || last.state === 'running') begin(Math.max(latestMs, last.tickMs))
    return
  }
  const claim = await schedules.claim(nameOf(each), latestMs, leaseMs)
  if (claim) await schedules.finish(claim)
}

/** Runs a tick if it can be claimed. Gives when to try again where another holds the schedule. */
async function runTick(kit: CallKit, schedules: Schedules, each: Ticking, tickMs: number): Promise<number | undefined> {
  const claim = await schedules.claim(nameOf(each), tickMs, leaseMs)
  if (claim) return void (await runClaimed(kit, schedules, each, claim))
  return (await schedules.last(nameOf(each)))?.heldUntilMs
}

async function runClaimed(kit: CallKit, schedules: Schedules, each: Ticking, claim: Claim): Promise<void> {
  const { tickMs } = claim
  const call = callOf(kit, each, tickMs, claim)
  const keep = keepClaim(kit, schedules, claim, call)
  try {
    await execute(call, () => each.run(call, new Date(tickMs)))
    await schedules.finish(claim)
  } catch (error) {
    call.log.error(`${call.name} failed`, { error, tick: new Date(tickMs).toISOString() })
    await schedules.finish(claim, kit.scrub(error instanceof Error ? error.message : String(error)))
  } finally {
    keep.stop()
  }
}

async function runUnclaimed(kit: CallKit, each: Ticking, tick: Date): Promise<void> {
  const call = callOf(kit, each, tick.getTime())
  await execute(call, () => each.run(call, tick))
}

function callOf(kit: CallKit, each: Ticking, tickMs: number, claim?: Claim): RunningCall {
  return new RunningCall(kit, {
    service: each.service,
    handler: each.name,
    timeoutMs: each.timeoutMs,
    span: { kind: 'internal', name: nameOf(each) },
    work: `${nameOf(each)}/${tickMs}`,
    workAtMs: tickMs,
    ...(claim ? { checks: [claim.check] } : {}),
  })
}

function keepClaim(kit: CallKit, schedules: Schedules, claim: Claim, call: RunningCall): { stop(): void } {
  const { clock } = kit
  const extend = async (): Promise<void> => {
    if (!(await schedules.extend(claim, leaseMs)))
      call.stop(fault('claim-lost', 'another process has taken over this tick'))
  }
  const again = (): Cancel =>
    clock.at(clock.now() + leaseMs / 2, () => {
      cancel = again()
      extend().catch(error => call.log.error('cannot extend the claim', { error }))
    })
  let cancel = again()
  return { stop: () => cancel() }
}

function report(kit: CallKit, each: Ticking, error: unknown): void {
  const message = kit.scrub(`${nameOf(each)}: ${error instanceof Error ? error.message : error}`)
  kit.logs({ level: 'error', atMs: kit.clock.now(), plan: kit.plan, handler: nameOf(each), message })
}
