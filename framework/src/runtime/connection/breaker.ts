/**
 * Circuit breaker: stops asking somebody who does not answer, for their sake and ours.
 *
 * *Closed*: everybody may ask. Failures in a row are counted, a success begins the count anew; with the last one allowed
 * it opens. *Open*: nobody may ask until its time is over; then the next one who comes makes it half-open. *Half-open*:
 * that one asks, everybody else is refused. Its success closes the breaker, its failure opens it again for the whole
 * time; when it gives up without either, the next one who comes is the trial. What was asked before a change of state
 * and ends after it changes nothing.
 */

/** One attempt that was let through; told once how it ended. */
export interface Pass {
  /** The other side answered. */
  succeeded(): void
  /** It did not, or with a failure of its own. */
  failed(nowMs: number): void
  /** Neither: the attempt was given up. */
  abandoned(): void
}

export interface Breaker {
  /** Lets an attempt through, or not. */
  enter(nowMs: number): Pass | undefined
  /** Nothing to remember: as good as new. */
  isFresh(): boolean
}

type State =
  | { readonly name: 'closed'; failures: number }
  | { readonly name: 'open'; readonly untilMs: number }
  | { readonly name: 'half-open' }

/** Opens after so many failures in a row, for `openMs`. */
export function breaker({
  failures: allowed,
  openMs,
}: {
  readonly failures: number
  readonly openMs: number
}): Breaker {
  let state: State = { name: 'closed', failures: 0 }
  const passIn = (mine: State): Pass => {
    const then = (next: () => State): void => {
      if (state === mine) state = next()
    }
    return {
      succeeded: () => then(() => closed()),
      failed: nowMs => then(() => afterFailure(mine, nowMs)),
      abandoned: () => then(() => (mine.name === 'half-open' ? { name: 'open', untilMs: 0 } : mine)),
    }
  }
  const closed = (): State => {
    if (state.name !== 'closed') return { name: 'closed', failures: 0 }
    state.failures = 0
    return state
  }
  const afterFailure = (mine: State, nowMs: number): State => {
    if (mine.name === 'closed' && ++mine.failures < allowed) return mine
    return { name: 'open', untilMs: nowMs + openMs }
  }
  return {
    enter(nowMs) {
      if (state.name === 'half-open' || (state.name === 'open' && nowMs < state.untilMs)) return undefined
      if (state.name === 'open') state = { name: 'half-open' }
      return passIn(state)
    },
    isFresh: () => state.name === 'closed' && state.failures === 0,
  }
}
