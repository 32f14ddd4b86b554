/**
 * What is used up, as one process remembers it, so that a flood of attempts at the same thing asks the store once a
 * second and not each time. It says no more than the store said within that second: what ended or was forgiven in
 * another process is free here, too, by then.
 */

const freshMs = 1_000
const mostKept = 10_000

export class Spent {
  readonly #until = new Map<string, number>()

  has(what: string, at: Date): boolean {
    const untilMs = this.#until.get(what)
    return untilMs !== undefined && at.getTime() < untilMs
  }

  /** @param endsMs when it is free again at the latest */
  add(what: string, at: Date, endsMs: number): void {
    this.#until.delete(what)
    this.#until.set(what, Math.min(at.getTime() + freshMs, endsMs))
    if (this.#until.size > mostKept) this.#forgetOldest()
  }

  forget(what: string): void {
    this.#until.delete(what)
  }

  /** The map is in the order in which they were added. */
  #forgetOldest(): void {
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      return
    }
  }
}

/** One for each system that runs: a plan may run in several beds of one process. */
export type SpentIn = (running: { readonly address: object }) => Spent

/**
 * The client of a setting is one object for all calls of a handler. Where it were not, nothing would be remembered, and the
 * store asked each time.
 */
export function spentIn(): SpentIn {
  const known = new WeakMap<object, Spent>()
  return ({ address }) => {
    const spent = known.get(address) ?? new Spent()
    known.set(address, spent)
    return spent
  }
}
