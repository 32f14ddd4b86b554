import { clockPromises } from '../contract/suite/clock.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { systemClock } from './clock.ts'

for (const unref of [false, true]) {
  provePromises('clock', `the system's clock${unref ? ', unreferenced' : ''}`, clockPromises, async () => {
    const clock = systemClock({ unref })
    const advance = async (ms: number): Promise<void> => {
      const untilMs = clock.now() + ms
      do await new Promise(resolve => setTimeout(resolve, 1))
      while (clock.now() < untilMs)
      // What is due by then has run when the event loop has turned once more.
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    return { time: { clock, advance }, close: async () => {} }
  })
}
