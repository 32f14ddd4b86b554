/**
 * Activity: how much is running at this moment, so that a stop can wait for it and the testbed can tell when all is
 * still.
 */

export interface Activity {
  /** Something began; call the result once when it has ended. */
  begin(): () => void
  readonly running: number
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

export function activity(): Activity {
  let running = 0
  let waiting: (() => void)[] = []
  const end = (): void => {
    running--
    if (running > 0) return
    const wake = waiting
    waiting = []
    for (const each of wake) each()
  }
  return {
    begin() {
      running++
      let ended = false
      return () => {
        if (ended) return
        ended = true
        end()
      }
    },
    get running() {
      return running
    },
    idle() {
      return running === 0 ? Promise.resolve() : new Promise(resolve => waiting.push(resolve))
    },
  }
}
