/**
 * The leases of one queue, in memory: as many as there are deliveries under way. Found by the position of their message,
 * and by which ends first: those of one length end in the order they were given, so a list for each length will do.
 */

export interface Lease {
  readonly position: number
  readonly attempt: number
  untilMs: number
  /** Its length; not a number for those found at start, which are added in the order they end. */
  leaseMs: number
  /** The line of its order key. */
  readonly line: Buffer | undefined
  /** Where its body is kept; 0: with the message. */
  readonly bodyAt: number
}

export class Leases {
  readonly #byPosition = new Map<number, Lease>()
  readonly #byLength = new Map<number, Map<number, Lease>>()

  get size(): number {
    return this.#byPosition.size
  }

  add(lease: Lease): void {
    this.#byPosition.set(lease.position, lease)
    const list = this.#byLength.get(lease.leaseMs) ?? new Map<number, Lease>()
    this.#byLength.set(lease.leaseMs, list)
    list.set(lease.position, lease)
  }

  /** The lease that a delivery was named by, if it still holds. */
  named(name: string): Lease | undefined {
    const lease = this.#byPosition.get(Number.parseInt(name, 10))
    return lease && nameOf(lease) === name ? lease : undefined
  }

  remove(lease: Lease): void {
    this.#byPosition.delete(lease.position)
    const list = this.#byLength.get(lease.leaseMs)
    list?.delete(lease.position)
    if (list?.size === 0) this.#byLength.delete(lease.leaseMs)
  }

  /** From now on it holds so long. */
  renew(lease: Lease, untilMs: number, leaseMs: number): void {
    this.remove(lease)
    this.add(Object.assign(lease, { untilMs, leaseMs }))
  }

  /** The one that ends first. */
  first(): Lease | undefined {
    let first: Lease | undefined
    for (const list of this.#byLength.values()) {
      for (const lease of list.values()) {
        if (!first || lease.untilMs < first.untilMs) first = lease
        break
      }
    }
    return first
  }

  clear(): void {
    this.#byPosition.clear()
    this.#byLength.clear()
  }
}

/** A position is never given twice, and each delivery counts one attempt more. */
export function nameOf({ position, attempt }: Lease): string {
  return `${position}.${attempt}`
}
