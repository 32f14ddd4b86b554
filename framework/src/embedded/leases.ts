/**
 * The leases of one queue, in memory: as many as there are deliveries under way. Found by the position of their message,
 * and by which ends first: those of one length end in the order they were given, so a list for each length will do.
 */
import type { Block } from './blocks.ts'
import { ByPosition, type Positioned } from './by-position.ts'

export interface NewLease {
  /** Where its message stands. */
  readonly dueAtMs: number
  readonly position: number
  readonly attempt: number
  readonly untilMs: number
  /** Its length; not a number for those found at start, which are added in the order they end. */
  readonly leaseMs: number
  /** The line of its order key. */
  readonly line: Buffer | undefined
  /** Where its body is kept; 0: with the message. */
  readonly bodyAt: number
  /** That its message stands in, where it does not stand alone. */
  readonly block: Block | undefined
}

/** A class, as literals of which many are alive at once are put where only a full garbage collection finds them. */
export class Lease implements NewLease, Positioned<Lease> {
  readonly dueAtMs: number
  readonly position: number
  readonly attempt: number
  untilMs: number
  readonly leaseMs: number
  readonly line: Buffer | undefined
  readonly bodyAt: number
  readonly block: Block | undefined
  /** A position is never given twice, and each delivery counts one attempt more. */
  readonly name: string
  /** With which others it is on disk, once it is. */
  kept: KeptLeases | undefined
  next: Lease | undefined

  constructor(given: NewLease, name = leaseName(given.position, given.attempt)) {
    this.dueAtMs = given.dueAtMs
    this.position = given.position
    this.attempt = given.attempt
    this.untilMs = given.untilMs
    this.leaseMs = given.leaseMs
    this.line = given.line
    this.bodyAt = given.bodyAt
    this.block = given.block
    this.name = name
  }
}

export function leaseName(position: number, attempt: number): string {
  return `${position}.${attempt}`
}

/** A record of leases, and how many of them still hold. */
export interface KeptLeases {
  readonly number: number
  left: number
}

export class Leases {
  readonly #byPosition = new ByPosition<Lease>()
  readonly #byLength = new Map<number, InOrder>()

  get size(): number {
    return this.#byPosition.size
  }

  has(position: number): boolean {
    return this.#byPosition.get(position) !== undefined
  }

  add(lease: Lease): void {
    this.#byPosition.add(lease)
    const list = this.#byLength.get(lease.leaseMs)
    if (list) list.add(lease)
    else this.#byLength.set(lease.leaseMs, new InOrder(lease))
  }

  /** The lease that a delivery was named by, if it still holds. */
  named(name: string): Lease | undefined {
    const lease = this.#byPosition.get(Number.parseInt(name, 10))
    return lease?.name === name ? lease : undefined
  }

  remove(lease: Lease): void {
    this.#byPosition.remove(lease)
    lease.untilMs = ended
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

export function holds({ untilMs }: Lease): boolean {
  return untilMs !== ended
}

/** Of each lease: the instants its message was due and it ends, its position, its attempt. */
const at = { dueAtMs: 0, untilMs: 6, position: 12, attempt: 18 } as const
const leaseBytes = 22

export function leasesRecord(leases: readonly Lease[]): Buffer {
  const record = Buffer.allocUnsafe(leases.length * leaseBytes)
  let from = 0
  for (const { dueAtMs, untilMs, position, attempt } of leases) {
    record.writeUIntBE(dueAtMs, from + at.dueAtMs, 6)
    record.writeUIntBE(untilMs, from + at.untilMs, 6)
    record.writeUIntBE(position, from + at.position, 6)
    record.writeUInt32BE(attempt, from + at.attempt)
    from += leaseBytes
  }
  return record
}

/** A lease as it was given, without what its message says. */
export type KeptLease = Omit<NewLease, 'line' | 'bodyAt' | 'block'>

export function leasesIn(record: Buffer): readonly KeptLease[] {
  const leases: KeptLease[] = []
  for (let from = 0; from < record.length; from += leaseBytes) {
    leases.push({
      dueAtMs: record.readUIntBE(from + at.dueAtMs, 6),
      untilMs: record.readUIntBE(from + at.untilMs, 6),
      position: record.readUIntBE(from + at.position, 6),
      attempt: record.readUInt32BE(from + at.attempt),
      leaseMs: Number.NaN,
    })
  }
  return leases
}
