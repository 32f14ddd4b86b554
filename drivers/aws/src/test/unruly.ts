/**
 * Queues around queues, which behave as badly as SQS may: many a message comes twice, the second time while the first is
 * still being handled or after it is done, and messages of a queue without order come in any.
 */
import type { Leased, QueueShape, Queues } from 'groundplan/driver'

export interface Unruly extends Queues {
  /** How many deliveries there were too many. */
  readonly repeated: number
  /** How many messages overtook another. */
  readonly overtaken: number
}

export function unrulyQueues(queues: Queues, shapes: readonly QueueShape[], random: () => number): Unruly {
  return new UnrulyQueues(queues, shapes, random).parts()
}

const copy = 'copy of '

class UnrulyQueues {
  readonly #queues: Queues
  readonly #ordered: ReadonlySet<string>
  readonly #random: () => number
  readonly #copies = new Map<string, Leased[]>()
  #repeated = 0
  #overtaken = 0

  constructor(queues: Queues, shapes: readonly QueueShape[], random: () => number) {
    this.#queues = queues
    this.#ordered = new Set(shapes.filter(({ ordered }) => ordered).map(({ name }) => name))
    this.#random = random
  }

  parts(): Unruly {
    const { receive, extend, done, again, bury, counts } = this.#queues
    const own = (leases: readonly string[]) => leases.filter(lease => !lease.startsWith(copy))
    const self = this
    return {
      ...this.#queues,
      receive: async (queue, wanted) => this.#copied(queue) ?? this.#given(queue, await receive(queue, wanted)),
      extend: async (queue, leases, leaseMs) => [
        ...(await extend(queue, own(leases), leaseMs)),
        ...leases.filter(lease => lease.startsWith(copy)),
      ],
      done: (queue, leases) => done(queue, own(leases)),
      again: async (queue, lease, delayMs) => (lease.startsWith(copy) ? undefined : again(queue, lease, delayMs)),
      bury: async (queue, lease, why) => (lease.startsWith(copy) ? undefined : bury(queue, lease, why)),
      counts: async queue => {
        const counted = await counts(queue)
        return { ...counted, ready: counted.ready + (this.#copies.get(queue)?.length ?? 0) }
      },
      get repeated() {
        return self.#repeated
      },
      get overtaken() {
        return self.#overtaken
      },
    }
  }

  /** What came before, once more. */
  #copied(queue: string): readonly Leased[] | undefined {
    const copies = this.#copies.get(queue)
    this.#copies.delete(queue)
    this.#repeated += copies?.length ?? 0
    return copies
  }

  #given(queue: string, messages: readonly Leased[]): readonly Leased[] {
    const twice = messages.filter(() => this.#random() < 0.5)
    if (twice.length > 0) {
      this.#copies.set(
        queue,
        twice.map(message => ({ ...message, lease: `${copy}${message.lease}` })),
      )
    }
    if (this.#ordered.has(queue) || messages.length < 2) return messages
    this.#overtaken += messages.length - 1
    return messages.toReversed()
  }
}

/** Numbers from 0 to 1 that a seed repeats. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
