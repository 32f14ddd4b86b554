/**
 * Places: where in a handler its operations are made, so that one that is never run can be shown with its line.
 *
 * Looking at the stack takes microseconds, as much as the rest of a small operation, and an operation that was run a hundred
 * times is hardly ever forgotten. So only the first ones of a handler are looked at. Where one is forgotten all the same, the handler's
 * are looked at again from then on: the first time it is told by its name alone, the next time with its line.
 */
import { calledFrom, type PlaceOf } from '../plan/place.ts'

/** Of one name, in one handler. */
const mostLookedAt = 100

export class Places {
  /** By handler, then by the operation's name: how many were looked at. */
  readonly #handlers = new Map<string, Map<string, number>>()

  /** Where the author called `word`. */
  of(handler: string, name: string, word: unknown): PlaceOf {
    const names = this.#namesOf(handler)
    const seen = names.get(name) ?? 0
    if (seen >= mostLookedAt) return unknown
    names.set(name, seen + 1)
    return calledFrom(word)
  }

  /** An operation of the handler was forgotten. */
  suspect(handler: string): void {
    this.#namesOf(handler).clear()
  }

  #namesOf(handler: string): Map<string, number> {
    const found = this.#handlers.get(handler)
    if (found) return found
    const names = new Map<string, number>()
    this.#handlers.set(handler, names)
    return names
  }
}

function unknown(): undefined {
  return undefined
}
