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
  readonly #byLength = new Map<number, InOrder>()

  get size(): number {
    return this.#byPosition.size
  }

  add(lease: Lease): void {
    this.#byPosition.set(lease.position, lease)
    const list = this.#byLength.get(lease.leaseMs)
    if (list) list.add(lease)
    else this.#byLength.set(lease.leaseMs, new InOrder(lease))
  }

  /** The lease that a delivery was named by, if it still holds. */
  named(name: string): Lease | undefined {
    const lease = this.#byPosition.get(Number.parseInt(name, 10))
    return lease && nameOf(lease) === name ? lease : undefined
  }

  remove(lease: Lease): void {
    this.#byPosition.delete(lease.position)
    lease.untilMs = ended
  }

  /** From now on it holds so long. */
  renew(lease: Lease, untilMs: number, leaseMs: number): void {
    const renewed = { ...lease, untilMs, leaseMs }
    this.remove(lease)
    this.add(renewed)
  }

  /** The one that ends first. */
  first(): Lease | undefined {
    let first: Lease | undefined
    for (const [leaseMs, list] of this.#byLength) {
      const lease = list.first()
      if (!lease) this.#byLength.delete(leaseMs)
      else if (!first || lease.untilMs < first.untilMs) first = lease
    }
    return first
  }

  clear(): void {
    this.#byPosition.clear()
    this.#byLength.clear()
  }
}

/** In place of the time until which a lease held that holds no more. */
const ended = Number.NEGATIVE_INFINITY

/** Leases in the order they end. Those that have ended are passed over when they come to stand first. */
class InOrder {
  #leases: (Lease | undefined)[]
  #from = 0

  constructor(lease: Lease) {
    this.#leases = [lease]
  }

  add(lease: Lease): void {
    this.#leases.push(lease)
  }

  first(): Lease | undefined {
    for (; this.#from < this.#leases.length; this.#from++) {
      const lease = this.#leases[this.#from]
      if (lease && lease.untilMs !== ended) break
      this.#leases[this.#from] = undefined
    }
    if (this.#from > 1_000 && this.#from * 2 > this.#leases.length) {
      this.#leases = this.#leases.slice(this.#from)
      this.#from = 0
    }
    return this.#leases[this.#from]
  }
}

/** A position is never given twice, and each delivery counts one attempt more. */
export function nameOf({ position, attempt }: Lease): string {
  return `${position}.${attempt}`
}
