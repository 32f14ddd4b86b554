/**
 * Settling: letting everything that is due run, without knowing what it is. A bed is quiet when several turns of the
 * event loop move nothing: no operation on an engine, no call that runs but those which wait for the bed's own time.
 *
 * What a call waits for cannot be asked. One that waits for a timer of the bed is known; any other may wait for real
 * input (a database, a server on loopback, a thread that computes a hash), or for ever. It is given a moment: a long one
 * where real input is known to be under way, a short one otherwise, and half of it each time nothing came.
 */
import type { Drivers } from '../../contract/drivers.ts'
import type { MemoryClock } from '../../memory/clock.ts'
import type { Active } from '../../runtime/activity.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Input, RealInput } from './real-input.ts'

/** Something that waits for its time. */
export interface Waiting {
  readonly what: string
  readonly until: Date
}

/** What settling looks at. */
export interface Settling {
  readonly clock: MemoryClock
  readonly drivers: Drivers
  readonly runtime: Runtime
  /** The calls that run. */
  calls(): readonly Active[]
  /** Operations on engines so far. */
  readonly points: number
  /** What was more than a look at an engine: since it last changed, no handler has run. */
  readonly deeds: number
  readonly dead: boolean
  readonly input: RealInput
  /** Timers of handlers that run once. */
  readonly timers: number
  /** `deeds` when it was last waited for. */
  deedsSeen: number
  /** How much longer each of them may be waited for. */
  readonly patience: WeakMap<Active, number>
  queueNames(): readonly string[]
}

const quietTurns = 3
const usualMs = 25
/** When a bed gives up: something moves without end. */
const mostMs = 10_000

// Captured: the bed replaces the globals.
const turn = setImmediate
const timer = setTimeout

export async function settle(bed: Settling, how: 'until quiet' | 'all'): Promise<readonly Waiting[]> {
  await quiet(bed)
  if (how === 'until quiet') return []
  const { indexLagMs } = bed.drivers.capabilities
  if (indexLagMs > 0) {
    await bed.clock.advance(indexLagMs)
    await quiet(bed)
  }
  return waitingIn(bed)
}

/** Waits where something runs: between two timers of the clock. */
export function whileRunning(bed: Settling): Promise<void> | undefined {
  bed.deedsSeen = bed.deeds
  return isStill(bed) ? undefined : quiet(bed)
}

/** Nothing runs, and nothing did but looks at engines: an alarm that found all well, say. */
export function isOver(bed: Settling): boolean {
  if (bed.deeds !== bed.deedsSeen) return false
  return bed.runtime.activity.count === 0 && bed.input.underWay.size === 0
}

async function quiet(bed: Settling): Promise<void> {
  const startMs = performance.now()
  let still = 0
  while (still < quietTurns && !bed.dead) {
    const before = bed.points
    await new Promise<void>(resolve => turn(resolve))
    if (bed.points !== before) still = 0
    else if (isStill(bed) || (await nothingComes(bed))) still++
    else still = 0
    if (performance.now() - startMs > mostMs) throw tooLong(bed)
  }
}

/** Nothing runs, or only what waits for timers of the bed. */
function isStill(bed: Settling): boolean {
  return bed.input.underWay.size === 0 && bed.calls().length <= bed.timers
}

/** Gives what runs a moment. True: it moved nothing. */
async function nothingComes(bed: Settling): Promise<boolean> {
  const { points, timers } = bed
  const waiting: readonly Active[] = [...bed.calls(), ...bed.input.underWay]
  const ended = (): boolean => waiting.length !== bed.calls().length + bed.input.underWay.size
  const startMs = performance.now()
  const untilMs = startMs + Math.max(...waiting.map(each => patienceWith(bed, each)))
  do {
    await new Promise<void>(resolve => timer(resolve, 1))
    if (bed.points !== points || bed.timers !== timers || ended()) return false
  } while (performance.now() < Math.min(untilMs, startMs + mostMs))
  for (const each of waiting) bed.patience.set(each, patienceWith(bed, each) / 2)
  return true
}

function patienceWith({ patience }: Settling, waiting: Active & Partial<Input>): number {
  return patience.get(waiting) ?? waiting.patienceMs ?? usualMs
}

function tooLong({ runtime, input }: Settling): Error {
  const running = [...runtime.activity.names(), ...[...input.underWay].map(({ name }) => name)]
  return new Error(`after ${mostMs / 1_000} s this was still running: ${running.join(', ')}`)
}

async function waitingIn(bed: Settling): Promise<readonly Waiting[]> {
  const queues = await Promise.all(
    bed.queueNames().map(async queue => {
      const { nextAtMs } = await bed.drivers.queues.counts(queue)
      return nextAtMs === undefined ? [] : [{ what: `queue ${queue}`, until: new Date(nextAtMs) }]
    }),
  )
  const schedules = (bed.runtime.ticker?.next() ?? []).map(({ schedule, atMs }) => ({
    what: `schedule ${schedule}`,
    until: new Date(atMs),
  }))
  return [...queues.flat(), ...schedules].sort((a, b) => a.until.getTime() - b.until.getTime())
}
