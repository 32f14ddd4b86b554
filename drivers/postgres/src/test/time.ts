/** The machine's own time. */
import type { Clock } from 'groundplan/driver'
import type { TestTime } from 'groundplan/suite/promises'

export function realTime(): TestTime {
  const clock: Clock = {
    now: () => Date.now(),
    at(atMs, run) {
      const timer = setTimeout(run, Math.max(0, atMs - Date.now()))
      return () => clearTimeout(timer)
    },
  }
  return { clock, advance: ms => new Promise(resolve => setTimeout(resolve, ms)) }
}
