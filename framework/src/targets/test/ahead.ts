/** A clock that is ahead of the system's: a process that was started much later, without the wait. */
import type { Clock } from '../../contract/clock.ts'
import { systemClock } from '../../embedded/clock.ts'

export function aheadClock(minutes: number): Clock {
  const system = systemClock()
  const aheadMs = minutes * 60_000
  return { now: () => system.now() + aheadMs, at: (atMs, run) => system.at(atMs - aheadMs, run) }
}
