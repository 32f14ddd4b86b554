/**
 * Turns: so many at once, the others in their order, who is known before who is not. A crowd that comes in one moment is
 * taken piece by piece, so that whoever wants something else comes through between.
 */

export interface Turns {
  /** Gives nothing when so many wait that it is not even begun. */
  <T>(run: () => Promise<T>, isKnown?: boolean): Promise<T | undefined>
  /** Whether that would be so now. */
  isFull(isKnown?: boolean): boolean
}

export function turns(atOnce: number, mostWaiting: number): Turns {
  const known: (() => void)[] = []
  const others: (() => void)[] = []
  let free = atOnce
  const next = (): void => {
    const waiting = known.shift() ?? others.shift()
    if (waiting) waiting()
    else free += 1
  }
  const isFull = (isKnown = false): boolean => free === 0 && (isKnown ? known : others).length >= mostWaiting
  const inTurn = async <T>(run: () => Promise<T>, isKnown = false): Promise<T | undefined> => {
    const waiting = isKnown ? known : others
    if (isFull(isKnown)) return undefined
    if (free > 0) free -= 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await run()
    } finally {
      // What came in meanwhile is looked at first.
      setImmediate(next)
    }
  }
  return Object.assign(inTurn, { isFull })
}
