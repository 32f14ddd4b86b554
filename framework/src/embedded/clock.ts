/**
 * The system's own clock. The only place where the embedded target asks for the time of day or sets a timer.
 */
import type { Cancel, Clock } from '../contract/clock.ts'

/** At most so long at a time: a timer may not exceed 2^31 ms, and a machine that slept notices within a minute. */
const longestWaitMs = 60_000

/**
 * The clock of this machine. Never goes back: when the system's clock is set back, this one goes on at half its pace
 * until the other has caught up.
 * - `unref`: timers do not keep the process alive. Default false.
 */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  const now = risingTime()
  return { now, at: (atMs, run) => timer(now, atMs, run, options.unref ?? false) }
}

/** Node loads what measures time when it is first asked for, which a clock that is never set back does without. */
function risingTime(): () => number {
  let latest = Date.now()
  let seenBehind: number | undefined
  return () => {
    const told = Date.now()
    if (told >= latest) {
      latest = told
      seenBehind = undefined
    } else {
      const elapsed = performance.now()
      latest += (elapsed - (seenBehind ?? elapsed)) / 2
      seenBehind = elapsed
    }
    return Math.floor(latest)
  }
}

function timer(now: () => number, atMs: number, run: () => void, unref: boolean): Cancel {
  if (Number.isNaN(atMs)) throw new RangeError('a timer needs a time, not NaN')
  let waiting: NodeJS.Timeout
  const wait = (): void => {
    const ms = Math.min(Math.max(Math.ceil(atMs - now()), 0), longestWaitMs)
    waiting = setTimeout(() => (now() < atMs ? wait() : run()), ms)
    if (unref) waiting.unref()
  }
  wait()
  return () => clearTimeout(waiting)
}

/** Milliseconds since some moment, with fractions: for seeing how long this machine takes, never for what is kept. */
export function stopwatch(): () => number {
  return () => performance.now()
}
