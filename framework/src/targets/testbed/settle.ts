/**
 * Settling: letting everything that is due run, without knowing what it is. A bed is quiet when several turns of the
 * event loop move nothing: no operation on an engine, nothing that runs but what waits for the bed's own time. Real
 * input (a database in its thread, a server on loopback) is waited for.
 */
import type { Drivers } from '../../contract/drivers.ts'
import type { MemoryClock } from '../../memory/clock.ts'
import type { Runtime } from '../../runtime/runtime.ts'

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
  readonly points: number
  readonly dead: boolean
  queueNames(): readonly string[]
}

const quietTurns = 3
/** How long real input is waited for before the bed gives up. */
const patienceMs = 10_000

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

async function quiet(bed: Settling): Promise<void> {
  const startMs = performance.now()
  let still = 0
  let seen = -1
  while (still < quietTurns && !bed.dead) {
    await new Promise<void>(resolve => turn(resolve))
    const moved = bed.points !== seen
    seen = bed.points
    if (moved) still = 0
    else if (bed.runtime.activity.count === 0 || (await waitsForTheBed(bed))) still++
    if (performance.now() - startMs > patienceMs) throw tooLong(bed)
  }
}

/** Something runs and moves nothing: either it waits for the bed's clock, or for real input, which gets a moment. */
async function waitsForTheBed(bed: Settling): Promise<boolean> {
  const before = bed.points
  await new Promise<void>(resolve => timer(resolve, 1))
  return bed.points === before && bed.clock.nextAt() !== undefined
}

function tooLong(bed: Settling): Error {
  return new Error(`after ${patienceMs / 1_000} s this was still running: ${bed.runtime.activity.names().join(', ')}`)
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
