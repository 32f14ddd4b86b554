/**
 * Turns: so many at once, the others in their order, who is known before who is not. A crowd that comes in one moment is
 * taken piece by piece, so that whoever wants something else comes through between.
 */

/** Gives nothing when so many wait that it is not even begun. */
export type Turns = <T>(run: () => Promise<T>, isKnown?: boolean) => Promise<T | undefined>

export function turns(atOnce: number, mostWaiting: number): Turns {
  const known: (() => void)[] = []
  const others: (() => void)[] = []
  let free = atOnce
  const next = (): void => {
    const waiting = known.shift() ?? others.shift()
    if (waiting) waiting()
    else free += 1
  }
  return async (run, isKnown = false) => {
    const waiting = isKnown ? known : others
    if (free > 0) free -= 1
    else if (waiting.length >= mostWaiting) return undefined
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await run()
    } finally {
      // What came in meanwhile is looked at first.
      setImmediate(next)
    }
  }
}
