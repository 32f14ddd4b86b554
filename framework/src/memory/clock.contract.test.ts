import { clockPromises } from '../contract/suite/clock.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from './clock.ts'

provePromises('clock', 'memory', clockPromises, async () => {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  return { time: { clock, advance: ms => clock.advance(ms) }, close: async () => {} }
})
