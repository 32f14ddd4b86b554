/**
 * Queues on SQS. All of them are FIFO queues, ordered or not: they know the same message again within 5 minutes, which
 * standard queues do not, and which would take two writes a message elsewhere. On a queue that is not ordered each
 * message is a group of its own, so nothing waits for anything else.
 *
 * A lease is a time for which SQS hides a message, in whole seconds by SQS's clock; it ends for us a little before it ends there.
 * Deliveries are counted by SQS before it hands a message out. A message to be tried again stays hidden for so long, and
 * on an ordered queue holds back its group. Of an ordered queue one message is taken at a time: SQS would give several of
 * one group at once.
 *
 * What SQS cannot do: messages for later and dead letters are in the table of letters (letters.ts). Nobody can look into
 * a queue without taking messages, so `peek` shows what waits for later alone, and counts are about right.
 */
import type { Message } from '@aws-sdk/client-sqs'
import {
  type Clock,
  checkMessage,
  type DeadLetter,
  fault,
  type HandedQueues,
  type Leased,
  type NewMessage,
  type QueueCounts,
  type QueuedMessage,
  type QueueShape,
  type Queues,
  type TakenMessage,
} from 'groundplan/driver'
import { DueLetters } from './due.ts'
import { type Envelope, envelopeOf, queued, read, shortName, written } from './envelope.ts'
import { digits, type Letter, type Letters, timeIn } from './letters.ts'
import { queueName } from './names.ts'
import { Polls, receiptsOf } from './polls.ts'
import type { Sending, Sqs } from './sqs.ts'

export interface SqsQueuesOptions {
  readonly sqs: Sqs
  readonly letters: Letters
  /** What the names of all queues begin with: the plan and its environment. */
  readonly prefix: string
  readonly queues: readonly QueueShape[]
  /** Whether somebody else sends what becomes due. Default: whoever receives does. */
  readonly carried?: boolean
}

/** The queues of a plan, which are there already. */
export function sqsQueues(options: SqsQueuesOptions): HandedQueues {
  const { prefix } = options
  const byName = new Map(options.queues.map(shape => [shape.name, new SqsQueue(options, shape)]))
  const of = (name: string): SqsQueue => {
    const found = byName.get(name)
    if (!found) throw fault('plan-invalid', `there is no queue "${name}"`)
    return found
  }
  return {
    async send(messages) {
      for (const message of messages) checkMessage(message, of(message.queue).shape)
      const names = [...new Set(messages.map(({ queue }) => queue))]
      await Promise.all(names.map(name => of(name).send(messages.filter(({ queue }) => queue === name))))
    },
    receive: async (queue, wanted) => of(queue).receive(wanted),
    extend: async (queue, leases, leaseMs) => of(queue).extend(leases, leaseMs),
    done: async (queue, leases) => of(queue).done(leases),
    again: async (queue, lease, delayMs) => of(queue).again(lease, delayMs),
    bury: async (queue, lease, why) => of(queue).bury(lease, why),
    peek: async (queue, limit) => of(queue).peek(limit),
    deadLetters: async (queue, limit) => of(queue).deadLetters(limit),
    redrive: async (queue, ids) => of(queue).redrive(ids),
    purge: async (queue, which) => (which === 'dead' ? of(queue).purgeDead() : of(queue).purgeWaiting()),
    counts: async queue => of(queue).counts(),
    isOrdered: queue => byName.get(queue)?.shape.ordered,
    nameOf: engineName => options.queues.find(({ name }) => queueName(prefix, name) === engineName)?.name,
    taken: (queue, message, leaseMs) => of(queue).taken(message, leaseMs),
    async sendDue() {
      await Promise.all([...byName.values()].map(queue => queue.sendDue()))
    },
  }
}

interface Held {
  readonly message: QueuedMessage
  readonly sinceMs: number
  untilMs: number
}

type Dead = Omit<DeadLetter, 'queue' | 'attempt'> & { readonly attempt: number }

/** SQS hides no message longer than 12 hours after it was taken. */
const longestHiddenMs = 12 * 3_600_000 - 60_000
const everything = 1_000_000

class SqsQueue {
  readonly shape: QueueShape
  readonly #sqs: Sqs
  readonly #letters: Letters
  readonly #clock: Clock
  readonly #name: string
  readonly #polls: Polls
  readonly #due: DueLetters
  readonly #held = new Map<string, Held>()
  #buried = 0

  constructor({ sqs, letters, prefix, carried = false }: SqsQueuesOptions, shape: QueueShape) {
    this.shape = shape
    this.#sqs = sqs
    this.#letters = letters
    this.#clock = sqs.clock
    this.#name = queueName(prefix, shape.name)
    this.#polls = new Polls(sqs, this.#name)
    this.#due = new DueLetters({ letters, clock: sqs.clock, carried }, shape.name, due => this.#sendDue(due))
  }

  async send(messages: readonly NewMessage[]): Promise<void> {
    const nowMs = this.#clock.now()
    const isLater = ({ dueAtMs = nowMs }: NewMessage): boolean => dueAtMs > nowMs
    await Promise.all(
      messages.filter(isLater).map(message => this.#sendLater(envelopeOf(message, nowMs), message.dueAtMs)),
    )
    const atOnce = messages.filter(message => !isLater(message))
    await this.#sqs.send(
      this.#name,
      atOnce.map(message => this.#sending(envelopeOf(message, nowMs))),
    )
  }

  async receive({ max, leaseMs, signal }: Parameters<Queues['receive']>[1]): Promise<readonly Leased[]> {
    if (signal.aborted) return []
    const leave = await this.#due.attend()
    try {
      // A second more there than here: nobody else has it while we think that it is ours.
      const leaseSeconds = Math.min(Math.ceil(leaseMs / 1_000) + 1, 43_200)
      const most = this.shape.ordered ? 1 : max
      while (!signal.aborted) {
        const messages = await this.#polls.next(most, leaseSeconds, signal)
        if (messages.length > 0) return messages.map(message => this.#leased(message, leaseMs))
      }
      return []
    } finally {
      leave()
    }
  }

  async extend(leases: readonly string[], leaseMs: number): Promise<readonly string[]> {
    const seconds = Math.min(Math.ceil(leaseMs / 1_000) + 1, 43_200)
    const untilMs = this.#clock.now() + leaseMs
    const extended = await this.#sqs.hide(
      this.#name,
      leases.filter(lease => this.#holds(lease)),
      seconds,
    )
    for (const lease of extended) {
      const held = this.#held.get(lease)
      if (held) held.untilMs = untilMs
    }
    return extended
  }

  async done(leases: readonly string[]): Promise<void> {
    const held = leases.filter(lease => this.#holds(lease))
    for (const lease of held) this.#held.delete(lease)
    await this.#sqs.remove(this.#name, held)
  }

  async again(lease: string, delayMs: number): Promise<void> {
    const held = this.#taken(lease)
    if (!held) return
    const longestMs = longestHiddenMs - (this.#clock.now() - held.sinceMs)
    if (delayMs > longestMs && !this.shape.ordered) {
      const { queue: _, attempt, ...rest } = held.message
      await this.#sendLater({ ...rest, attempts: attempt }, this.#clock.now() + delayMs)
      return this.#sqs.remove(this.#name, [lease])
    }
    await this.#sqs.hide(this.#name, [lease], Math.ceil(Math.min(delayMs, longestMs) / 1_000))
  }

  async bury(lease: string, { reason, trace }: { readonly reason: string; readonly trace?: string }): Promise<void> {
    const held = this.#taken(lease)
    if (!held) return
    const { queue: _, ...message } = held.message
    const dead: Dead = { ...message, buriedAtMs: this.#clock.now(), reason, ...(trace === undefined ? {} : { trace }) }
    const position = `${digits(dead.buriedAtMs)} ${digits(++this.#buried)} ${shortName(lease)}`
    await this.#letters.put('dead', this.shape.name, { position, text: JSON.stringify(dead) })
    await this.#sqs.remove(this.#name, [lease])
  }

  async peek(limit: number): Promise<readonly QueuedMessage[]> {
    const found = await this.#letters.first('due', this.shape.name, limit)
    return found.map(({ text }) => queued(this.shape.name, read(text, this.shape.name), 0))
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    const found = await this.#letters.first('dead', this.shape.name, limit)
    return found.map(({ text }) => ({ queue: this.shape.name, ...(JSON.parse(text) as Dead) }))
  }

  async redrive(ids?: readonly string[]): Promise<number> {
    if (ids?.length === 0) return 0
    const dead = await this.#letters.first('dead', this.shape.name, everything)
    const back = dead
      .map(({ position, text }) => ({ position, ...(JSON.parse(text) as Dead) }))
      .filter(({ id }) => !ids || ids.includes(id))
    await this.#sqs.send(
      this.#name,
      back.map(each => this.#redriven(each)),
    )
    await this.#letters.remove(
      'dead',
      this.shape.name,
      back.map(({ position }) => position),
    )
    return back.length
  }

  async purgeDead(): Promise<number> {
    const dead = await this.#letters.first('dead', this.shape.name, everything)
    await this.#letters.remove(
      'dead',
      this.shape.name,
      dead.map(({ position }) => position),
    )
    return dead.length
  }

  /** Takes what waits and removes it: SQS's own purge would take what is leased as well. */
  async purgeWaiting(): Promise<number> {
    const later = await this.#letters.first('due', this.shape.name, everything)
    await this.#letters.remove(
      'due',
      this.shape.name,
      later.map(({ position }) => position),
    )
    let count = later.length
    for (;;) {
      const found = await this.#sqs.receive(this.#name, { most: 10, waitSeconds: 0, leaseSeconds: 60 })
      if (found.length === 0) return count
      await this.#sqs.remove(this.#name, receiptsOf(found))
      count += found.length
    }
  }

  /** As SQS tells them: about right, and a message to be tried again counts as leased. */
  async counts(): Promise<QueueCounts> {
    const nowMs = this.#clock.now()
    const { name } = this.shape
    const [{ visible, hidden }, later, due, dead, [first]] = await Promise.all([
      this.#sqs.counts(this.#name),
      this.#letters.count('due', name),
      this.#letters.count('due', name, digits(nowMs)),
      this.#letters.count('dead', name),
      this.#letters.first('due', name, 1),
    ])
    const nextAtMs = first && timeIn(first.position)
    return {
      ...{ ready: visible + due, delayed: later - due, leased: hidden, dead },
      ...(nextAtMs !== undefined && nextAtMs > nowMs ? { nextAtMs } : {}),
      ...(nextAtMs !== undefined && nextAtMs <= nowMs ? { oldestDueAtMs: nextAtMs } : {}),
    }
  }

  async #sendLater(envelope: Envelope, dueAtMs = 0): Promise<void> {
    await this.#due.add(dueAtMs, shortName(envelope.id), written(envelope))
  }

  async #sendDue(due: readonly Letter[]): Promise<void> {
    await this.#sqs.send(
      this.#name,
      due.map(({ text, position }) => this.#dueSending(read(text, this.#name), position)),
    )
  }

  #sending(envelope: Envelope, deduplication = shortName(envelope.id)): Sending {
    return { body: written(envelope), deduplication, group: shortName(envelope.orderKey ?? deduplication) }
  }

  /** One that was taken before is not the same message as when it was first sent. */
  #dueSending(envelope: Envelope, position: string): Sending {
    return envelope.attempts ? this.#sending(envelope, shortName(position)) : this.#sending(envelope)
  }

  #redriven({
    position,
    attempt: _,
    buriedAtMs: __,
    reason: ___,
    trace: ____,
    ...message
  }: Dead & Pick<Letter, 'position'>): Sending {
    return this.#sending(message, shortName(position))
  }

  sendDue(): Promise<void> {
    return this.#due.sendNow()
  }

  #leased({ Body = '', ReceiptHandle = '', Attributes }: Message, leaseMs: number): Leased {
    const attempt = Number(Attributes?.ApproximateReceiveCount ?? 1)
    return this.taken({ body: Body, lease: ReceiptHandle, attempt }, leaseMs)
  }

  taken({ body, lease, attempt }: TakenMessage, leaseMs: number): Leased {
    const message = queued(this.shape.name, read(body, this.#name), attempt)
    const nowMs = this.#clock.now()
    for (const [lease, { untilMs }] of this.#held) if (untilMs <= nowMs) this.#held.delete(lease)
    this.#held.set(lease, { message, sinceMs: nowMs, untilMs: nowMs + leaseMs })
    return { ...message, lease }
  }

  #holds(lease: string): boolean {
    const held = this.#held.get(lease)
    return held !== undefined && this.#clock.now() < held.untilMs
  }

  #taken(lease: string): Held | undefined {
    const held = this.#holds(lease) ? this.#held.get(lease) : undefined
    this.#held.delete(lease)
    return held
  }
}
