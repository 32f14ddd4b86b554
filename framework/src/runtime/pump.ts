/**
 * Pump: takes messages from one queue and gives them to what handles them. Consumers, subscribers, views, reactions and
 * mailboxes are all fed by it.
 *
 * A call has a place until it ends. What became of it is kept by the engine meanwhile, and the next call begins: so the
 * next receive and the outcomes of those before it meet in one flush, and neither waits for the other's.
 *
 * A delivery is leased; while its call runs, the lease is extended at half its time, so that a long call keeps it and a
 * dead process loses it. A call that ends well is acknowledged. One that fails comes again after the back-off, or is
 * buried with its reason after the last attempt. A message delivered more often than its attempts killed the processes
 * that handled it, and is buried before it kills another. A message that cannot be read (it fits no version of its
 * schema) is buried at once, and takes no other of its batch with it: trying again would not help, a redrive after a
 * correction does. A call whose lease was lost is stopped: somebody else has the message.
 */
import { type Cancel, sleep } from '../contract/clock.ts'
import { limits } from '../contract/limits.ts'
import { type Fault, fault, isFault } from '../contract/problems.ts'
import type { Leased, Queues } from '../contract/queue.ts'
import { type CallKit, type CallPlan, executeFor, type Follower } from './call.ts'
import { deliveryAttributes } from './conventions.ts'
import { DeliveredCall, Received } from './delivered.ts'
import { timeIn } from './entropy.ts'
import { type Placed, Roll } from './roll.ts'
import { type Attributes, type Span, type Trace, traceFrom } from './telemetry.ts'

/** What a queue feeds. */
export interface Feed {
  readonly queue: string
  readonly service: string
  readonly handler: string
  /** Calls at a time. */
  readonly concurrency: number
  /** Messages a call. */
  readonly batch: number
  readonly attempts: number
  readonly leaseMs: number
  readonly timeoutMs: number
  readonly backoffMs: { readonly first: number; readonly most: number }
  /** What a message says. What it throws is hopeless. */
  read(message: Leased): unknown
  /** Handles messages. May throw at once. */
  run(call: DeliveredCall, received: readonly Received[]): unknown
  /** Those that must come again, of what `run` gave. Without it: none. */
  failed?(outcome: unknown, received: readonly Received[]): readonly Leased[]
}

/** A failure that trying again would not mend: the message is buried at once. */
export class Hopeless extends Error {
  override readonly name = 'Hopeless'
}

const mostReasonLength = 2_000
/** Receives of one queue at a time beside the first. */
const mostReceives = 7
/** Messages whose outcome the engine has not kept yet, for each place: a bound, since places do not wait for it. */
const mostUnsettled = 3

export interface Pump {
  /** Takes no more; resolves when what runs has ended, or has been handed back after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Messages that were handed out together, and the call that handles them. A class, as what a delivery holds on to is in general:
 * literals of which many are alive at once are put where only a full garbage collection finds them. It follows its call
 * itself: a promise for that, and what hangs on it, cost as much as the rest of a small call.
 */
class Delivery implements Placed, Follower<unknown> {
  readonly call: DeliveredCall
  /** When its leases are to be extended. */
  extendAtMs: number
  /** Whether its call has ended: what is left is to keep its outcome. */
  settling = false
  /** Messages that were not handled, and why; most calls have none. */
  failures: Map<Leased, unknown> | undefined
  /** Those that can be read. */
  received: readonly Received[] = []
  place = -1
  /** Without those that killed their processes. */
  messages: readonly Leased[]
  readonly #running: Running

  constructor(running: Running, call: DeliveredCall, messages: readonly Leased[], extendAtMs: number) {
    this.#running = running
    this.call = call
    this.messages = messages
    this.extendAtMs = extendAtMs
  }

  fail(message: Leased, error: unknown): void {
    this.failures ??= new Map()
    this.failures.set(message, error)
  }

  well(outcome: unknown): void {
    this.#running.returned(this, outcome)
  }

  badly(error: unknown): void {
    this.#running.broke(this, error)
  }
}

class DeliveryPlan implements CallPlan {
  readonly service: string
  readonly handler: string
  readonly timeoutMs: number
  readonly span: CallPlan['span']
  readonly trace: Trace | undefined
  readonly #queue: string
  readonly #messages: readonly Leased[]

  constructor({ service, handler, timeoutMs, queue }: Feed, span: CallPlan['span'], messages: readonly Leased[]) {
    this.service = service
    this.handler = handler
    this.timeoutMs = timeoutMs
    this.span = span
    this.trace = traceFrom(messages[0]?.headers.traceparent)
    this.#queue = queue
    this.#messages = messages
  }

  /** Of all of them: a batch that is put together anew is other work, and makes other ids. */
  work(): string {
    return `${this.#queue}/${this.#messages.map(({ id }) => id).join(',')}`
  }

  /** Not when it was sent: a relay that died between sending and forgetting sends again. */
  workAtMs(): number {
    const [first] = this.#messages
    return timeIn(first?.id ?? '') ?? first?.sentAtMs ?? 0
  }
}

/** Deliveries that ended well at one moment, of which the engine is told together. */
interface Handled {
  readonly leases: string[]
  readonly deliveries: Delivery[]
}

export function pump(kit: CallKit, queues: Queues, feed: Feed): Pump {
  const running = new Running(kit, queues, feed)
  return { stop: graceMs => running.stop(graceMs) }
}

class Running {
  readonly #kit: CallKit
  readonly #queues: Queues
  readonly #feed: Feed
  readonly #stopping = new AbortController()
  readonly #deliveries = new Roll<Delivery>()
  /** For the delivery whose leases are to be extended first, when it was set. */
  #extending: { readonly atMs: number; readonly cancel: Cancel } | undefined
  readonly #loop: Promise<void>
  /** Places that receives under way have taken. */
  #reserved = 0
  /** Deliveries whose calls have ended. */
  #settling = 0
  #handled: Handled | undefined
  /** Set while there are deliveries. */
  #active: (() => void) | undefined
  /** Receives beside the first. */
  #receiving = 0
  /** The last receive gave all that was asked for: there may be more. */
  #more = false
  /** Of each of its calls. */
  readonly #span: CallPlan['span']
  #wakeLoop: (() => void) | undefined
  #wakeStop: (() => void) | undefined

  constructor(kit: CallKit, queues: Queues, feed: Feed) {
    this.#kit = kit
    this.#queues = queues
    this.#feed = feed
    this.#span = { kind: 'consumer', name: `${feed.service}/${feed.handler}` }
    this.#loop = this.#run()
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    this.#wakeLoop?.()
    await this.#loop
    await this.#emptied(() => this.#receiving)
    const over = new AbortController()
    const emptied = this.#emptied(() => this.#deliveries.size)
    await Promise.race([emptied, sleep(this.#kit.clock, graceMs, over.signal)])
    over.abort()
    for (const { call } of this.#deliveries.all()) call.expire(fault('stopping', 'the process is stopping'))
    await emptied
    this.#extending?.cancel()
  }

  /** Resolves when there are none left. */
  async #emptied(left: () => number): Promise<void> {
    while (left() > 0) {
      await new Promise<void>(resolve => {
        this.#wakeStop = resolve
      })
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#oneRound(signal)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures++
        this.#log(error, `cannot receive from "${this.#feed.queue}"`)
        await sleep(this.#kit.clock, Math.min(30_000, 100 * 2 ** failures), signal)
      }
    }
  }

  /** Waits for a place and for messages. While more come than one receive gives, others receive beside it. */
  async #oneRound(signal: AbortSignal): Promise<void> {
    if (this.#free <= 0) return this.#oneEnds()
    const receiving = this.#receive(signal)
    if (this.#more) this.#receiveMore(signal)
    await receiving
  }

  get #free(): number {
    const { concurrency } = this.#feed
    const settling = Math.max(0, this.#settling - concurrency * mostUnsettled)
    return concurrency + this.#settling - settling - this.#deliveries.size - this.#reserved
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const { queue, leaseMs, batch } = this.#feed
    const max = Math.min(limits.messagesAtOnce, batch > 1 ? batch : this.#free)
    const places = batch > 1 ? 1 : max
    this.#reserved += places
    let messages: readonly Leased[] = []
    try {
      messages = await this.#queues.receive(queue, { max, leaseMs, signal })
    } finally {
      this.#reserved -= places
    }
    for (let at = 0; at < messages.length; at += batch) this.#begin(messages.slice(at, at + batch))
    this.#more = messages.length === max
  }

  /** A receive waits until the attempt it counts is on disk: one after the other, they would wait for each other. */
  #receiveMore(signal: AbortSignal): void {
    while (this.#free > 0 && this.#receiving < mostReceives && !signal.aborted) {
      this.#receiving++
      void this.#receiveOnce(signal).finally(() => {
        this.#receiving--
        this.#wakeStop?.()
      })
    }
  }

  /** What fails here fails in the loop too, which tells. */
  async #receiveOnce(signal: AbortSignal): Promise<void> {
    try {
      await this.#receive(signal)
    } catch {
      return
    }
  }

  #oneEnds(): Promise<void> {
    return new Promise(resolve => {
      this.#wakeLoop = resolve
    })
  }

  #begin(messages: readonly Leased[]): void {
    const { queue, leaseMs } = this.#feed
    const call = new DeliveredCall(this.#kit, new DeliveryPlan(this.#feed, this.#span, messages))
    if (call.span.sampled) describe(call.span, deliveryAttributes(queue, messages))
    const delivery = new Delivery(this, call, messages, call.nowMs + leaseMs / 2)
    this.#active ??= this.#kit.activity.begin(call.name)
    this.#deliveries.add(delivery)
    this.#extendAt(delivery.extendAtMs)
    if (messages.some(this.#isDeadly)) void this.#buryDeadly(delivery)
    else this.#handle(delivery)
  }

  readonly #isDeadly = ({ attempt }: Leased): boolean => attempt > this.#feed.attempts

  /** The others are handled. Never rejects. */
  async #buryDeadly(delivery: Delivery): Promise<void> {
    const { call, messages } = delivery
    try {
      for (const message of messages.filter(this.#isDeadly)) await this.#bury(call, message, neverSettled(message))
    } catch (error) {
      return this.#notKept(delivery, error)
    }
    delivery.messages = messages.filter(message => !this.#isDeadly(message))
    if (delivery.messages.length > 0) this.#handle(delivery)
    else this.#ended(delivery)
  }

  #handle(delivery: Delivery): void {
    const { call } = delivery
    executeFor(call, () => this.#feed.run(call, this.#read(delivery)), delivery)
  }

  /** Its call has ended well. */
  returned(delivery: Delivery, outcome: unknown): void {
    const failed = this.#feed.failed
    if (failed) {
      try {
        const messages = failed(outcome, delivery.received)
        for (const message of messages) delivery.fail(message, fault('handler-failed', 'returned as failed'))
      } catch (error) {
        this.#allFailed(delivery, error)
      }
    }
    this.#settle(delivery)
  }

  /** Its call has not ended well. */
  broke(delivery: Delivery, error: unknown): void {
    this.#allFailed(delivery, error)
    this.#settle(delivery)
  }

  /** Its call has ended: what became of the messages is kept. */
  #settle(delivery: Delivery): void {
    delivery.settling = true
    this.#settling++
    const { failures } = delivery
    if (failures) void this.#settleFailed(delivery, failures)
    else this.#done(delivery)
  }

  /** Never rejects. */
  async #settleFailed(delivery: Delivery, failures: ReadonlyMap<Leased, unknown>): Promise<void> {
    const handled = delivery.messages.filter(message => !failures.has(message))
    this.#fillPlaces()
    try {
      if (handled.length > 0) await this.#queues.done(this.#feed.queue, leasesOf(handled))
      for (const [message, error] of failures) await this.#failed(delivery.call, message, error)
    } catch (error) {
      return this.#notKept(delivery, error)
    }
    this.#ended(delivery)
  }

  /** The engine is told of all that ended well at this moment together. */
  #done(delivery: Delivery): void {
    this.#handled ??= this.#handledNow()
    for (const { lease } of delivery.messages) this.#handled.leases.push(lease)
    this.#handled.deliveries.push(delivery)
  }

  /** All that are free at this moment together, so that what comes for them shares one flush. */
  #fillPlaces(): void {
    this.#wakeLoop?.()
    if (this.#more) this.#receiveMore(this.#stopping.signal)
  }

  #handledNow(): Handled {
    const handled: Handled = { leases: [], deliveries: [] }
    const kept = Promise.resolve().then(() => {
      this.#handled = undefined
      const done = this.#queues.done(this.#feed.queue, handled.leases)
      this.#fillPlaces()
      return done
    })
    kept.then(
      () => {
        for (const delivery of handled.deliveries) this.#ended(delivery)
      },
      error => {
        for (const delivery of handled.deliveries) this.#notKept(delivery, error)
      },
    )
    return handled
  }

  /** The engine did not take the outcome: the lease runs out and the message comes again. */
  #notKept(delivery: Delivery, error: unknown): void {
    this.#log(error, `cannot settle a message of "${this.#feed.queue}"`)
    this.#ended(delivery)
  }

  #ended(delivery: Delivery): void {
    this.#deliveries.remove(delivery)
    if (delivery.settling) this.#settling--
    this.#wakeLoop?.()
    if (this.#deliveries.size > 0) return
    this.#active?.()
    this.#active = undefined
    this.#wakeStop?.()
  }

  #allFailed(delivery: Delivery, error: unknown): void {
    const { call, failures, messages } = delivery
    // Of those that cannot be read was told already.
    if ((failures?.size ?? 0) < messages.length) this.#tell(call, messages[0], error)
    for (const message of messages) if (!failures?.has(message)) delivery.fail(message, error)
  }

  /** Those that can be read. Throws where none can. */
  #read(delivery: Delivery): readonly Received[] {
    const received: Received[] = []
    for (const message of delivery.messages) {
      const one = this.#readOne(delivery, message)
      if (one) received.push(one)
    }
    if (received.length === 0) throw new Hopeless('there is nothing that can be read')
    delivery.received = received
    return received
  }

  #readOne(delivery: Delivery, message: Leased): Received | undefined {
    try {
      return new Received(message, this.#feed.read(message))
    } catch (error) {
      const hopeless = new Hopeless(reasonOf(error), { cause: error })
      delivery.fail(message, hopeless)
      this.#tell(delivery.call, message, hopeless)
      return undefined
    }
  }

  #tell(call: DeliveredCall, message: Leased | undefined, error: unknown): void {
    call.log.error(`${call.name} failed`, { error, message: message?.id, attempt: message?.attempt })
  }

  #failed(call: DeliveredCall, message: Leased, error: unknown): Promise<void> {
    const { attempts, queue } = this.#feed
    // Handed back: the next process handles it at once.
    if (isFault(error, 'stopping')) return this.#queues.again(queue, message.lease, 0)
    if (error instanceof Hopeless || message.attempt >= attempts) return this.#bury(call, message, reasonOf(error))
    return this.#queues.again(queue, message.lease, this.#backoff(message.attempt))
  }

  #bury(call: DeliveredCall, message: Leased, reason: string): Promise<void> {
    const why = { reason: this.#kit.scrub(reason).slice(0, mostReasonLength), trace: call.span.traceId }
    return this.#queues.bury(this.#feed.queue, message.lease, why)
  }

  /** Doubled at each attempt, with jitter of one half, so that what failed together does not come back together. */
  #backoff(attempt: number): number {
    const { first, most } = this.#feed.backoffMs
    const delayMs = Math.min(most, first * 2 ** (attempt - 1))
    return Math.round(delayMs * (0.5 + this.#kit.entropy.fraction() / 2))
  }

  /** One timer for all: most deliveries end long before it. It fires for the first of them, and is set for the next. */
  #extendAt(atMs: number): void {
    if (this.#extending && this.#extending.atMs <= atMs) return
    this.#extending?.cancel()
    this.#extending = { atMs, cancel: this.#kit.clock.at(atMs, () => this.#extendDue()) }
  }

  #extendDue(): void {
    this.#extending = undefined
    const nowMs = this.#kit.clock.now()
    for (const delivery of this.#deliveries.all()) {
      if (delivery.extendAtMs <= nowMs) {
        delivery.extendAtMs = nowMs + this.#feed.leaseMs / 2
        this.#extend(delivery).catch(error => this.#log(error, `cannot extend a lease of "${this.#feed.queue}"`))
      }
      this.#extendAt(delivery.extendAtMs)
    }
  }

  async #extend({ call, messages }: Delivery): Promise<void> {
    const { queue, leaseMs } = this.#feed
    const leases = leasesOf(messages)
    const held = await this.#queues.extend(queue, leases, leaseMs)
    if (held.length < leases.length) call.expire(leaseLost())
  }

  #log(error: unknown, message: string): void {
    const { logs, clock, plan, scrub } = this.#kit
    logs({ level: 'error', atMs: clock.now(), plan, message: scrub(`${message}: ${reasonOf(error)}`) })
  }
}

function neverSettled({ attempt }: Leased): string {
  return `handed out ${attempt - 1} times and never settled: the process died or was stopped while it was handled`
}

function leasesOf(messages: readonly Leased[]): readonly string[] {
  return messages.map(({ lease }) => lease)
}

function describe(span: Span, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) span.set(name, value)
}

function leaseLost(): Fault {
  return fault('claim-lost', 'the lease of the message ran out')
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
