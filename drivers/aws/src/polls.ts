/**
 * Long polls of one queue. SQS may have leased messages for a receive that was aborted meanwhile, and a poll that was
 * given up may still bring some: they go to whoever else of this process is waiting, as though they had come for him. Only
 * where nobody is they are handed back to SQS, which has counted a delivery then.
 */
import type { Message } from '@aws-sdk/client-sqs'
import type { Sqs } from './sqs.ts'

/** SQS lets nobody wait longer for a message. */
const waitSeconds = 20

interface Waiter {
  readonly most: number
  readonly leaseSeconds: number
  readonly take: (messages: readonly Message[]) => void
}

/** What came, and whether by one's own poll. */
interface Came {
  readonly messages: readonly Message[]
  readonly own: boolean
}

export class Polls {
  readonly #sqs: Sqs
  readonly #queue: string
  readonly #waiters = new Set<Waiter>()

  constructor(sqs: Sqs, queue: string) {
    this.#sqs = sqs
    this.#queue = queue
  }

  /** Messages, leased; none after a while, or when the signal aborts. */
  async next(most: number, leaseSeconds: number, signal: AbortSignal): Promise<readonly Message[]> {
    const polled = this.#sqs.receive(this.#queue, { most, waitSeconds, leaseSeconds })
    const own = polled.then((messages): Came => ({ messages, own: true }))
    let leave = (): void => {}
    const given = new Promise<Came>(resolve => {
      const waiter = { most, leaseSeconds, take: (messages: readonly Message[]) => resolve({ messages, own: false }) }
      this.#waiters.add(waiter)
      leave = () => void this.#waiters.delete(waiter)
    })
    try {
      const came = await untilAborted(Promise.race([own, given]), signal)
      if (!came?.own) this.#passOn(polled, leaseSeconds)
      // Somebody may pass something on at the very moment at which we leave.
      if (came?.own !== false) void given.then(late => this.#passOn(Promise.resolve(late.messages), leaseSeconds))
      return came?.messages ?? []
    } finally {
      leave()
    }
  }

  #passOn(polled: Promise<readonly Message[]>, leaseSeconds: number): void {
    polled
      .then(async messages => {
        for (let left = messages; left.length > 0; ) {
          const [waiter] = [...this.#waiters].filter(each => each.leaseSeconds === leaseSeconds)
          if (!waiter) return this.#sqs.hide(this.#queue, receiptsOf(left), 0)
          this.#waiters.delete(waiter)
          waiter.take(left.slice(0, waiter.most))
          left = left.slice(waiter.most)
        }
        return []
      })
      // Where that fails the leases end by themselves.
      .catch(() => {})
  }
}

export function receiptsOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ ReceiptHandle = '' }) => ReceiptHandle)
}

/** Nothing, once the signal aborts. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(undefined)
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
