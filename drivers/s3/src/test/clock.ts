/**
 * A clock that stands still until it is told to go on, or until somebody has waited in it for as long as it takes: pauses
 * between attempts are real ones, and everything else is where the test put it.
 */
import type { Clock } from 'groundplan/driver'
import { memoryClock } from 'groundplan/memory/clock'
import type { TestTime } from 'groundplan/suite/promises'

export function standingTime(startMs = Date.UTC(2030, 0, 1)): TestTime {
  const inner = memoryClock(startMs)
  const clock: Clock = {
    now: () => inner.now(),
    at(atMs, run) {
      const cancel = inner.at(atMs, run)
      const waiting = setTimeout(() => void inner.advance(Math.max(0, atMs - inner.now())), atMs - inner.now())
      return () => {
        clearTimeout(waiting)
        cancel()
      }
    },
  }
  return { clock, advance: ms => inner.advance(ms) }
}
