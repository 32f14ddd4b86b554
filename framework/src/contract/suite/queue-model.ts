/**
 * Queues against a plain model: random sends, receives, answers and steps of time, after each of which the queue and
 * the model must agree. A failure prints the seed and the shortest run that still fails.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Queues } from '../queue.ts'
import type { Promises, TestTime } from './promises.ts'
import { hour, minute, promise, type QueueNeeds, type QueueSubject, second, steps, take, work } from './queue-tools.ts'

/** `pick` chooses a delivery, of those that hold and those that have ended alike. */
type Step =
  | { readonly do: 'send'; readonly keys: readonly number[]; readonly dueInMs: number }
  | { readonly do: 'receive'; readonly max: number; readonly leaseMs: number }
  | { readonly do: 'done' | 'bury'; readonly pick: number }
  | { readonly do: 'again'; readonly pick: number; readonly delayMs: number }
  | { readonly do: 'extend'; readonly pick: number; readonly leaseMs: number }
  | { readonly do: 'redrive'; readonly pick: number }
  | { readonly do: 'purge' }
  | { readonly do: 'wait'; readonly ms: number }

const spans = fc.constantFrom(1, 500, second, 10 * second, minute, 10 * minute)
const picks = fc.nat({ max: 50 })

function stepsOf(ordered: boolean): fc.Arbitrary<Step> {
  const keys = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 })
  const dueInMs = ordered ? fc.constant(0) : fc.oneof(fc.constant(0), spans)
  const max = fc.integer({ min: 1, max: 10 })
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send'), keys, dueInMs }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('receive'), max, leaseMs: spans }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('done'), pick: picks }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('bury'), pick: picks }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('again'), pick: picks, delayMs: fc.oneof(fc.constant(0), spans) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('extend'), pick: picks, leaseMs: spans }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive'), pick: picks }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('purge') }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: spans }) },
  )
}

type State = 'waiting' | 'leased' | 'dead' | 'gone'

interface Entry {
  readonly id: string
  readonly key: string | undefined
  state: State
  /** Waiting: when it is due. Leased: when the lease ends. */
  atMs: number
  attempt: number
  lease: string
}

/** What a queue should hold. Lists are small, so everything is found by looking at all of it. */
class Model {
  /** In their order; redriven ones move to the end. */
  entries: Entry[] = []
  /** In the order of burial. */
  dead: Entry[] = []
  /** Every delivery there was. */
  readonly deliveries: { readonly entry: Entry; readonly lease: string }[] = []

  /** Leases that have ended by now make their messages wait. */
  settle(nowMs: number): void {
    for (const entry of this.entries) {
      if (entry.state === 'leased' && entry.atMs <= nowMs) entry.state = 'waiting'
    }
  }

  receivable(nowMs: number): readonly Entry[] {
    this.settle(nowMs)
    return this.entries.filter(entry => entry.state === 'waiting' && entry.atMs <= nowMs && this.#isHead(entry))
  }

  /** The delivery picked, and whether its lease holds. */
  pick(pick: number): { readonly entry: Entry; readonly lease: string; readonly holds: boolean } | undefined {
    // Counted from the newest, because old ones have nearly always ended.
    const found = this.deliveries[this.deliveries.length - 1 - (pick % Math.max(1, this.deliveries.length))]
    return found && { ...found, holds: found.entry.state === 'leased' && found.entry.lease === found.lease }
  }

  inState(state: State): readonly Entry[] {
    return this.entries.filter(entry => entry.state === state)
  }

  #isHead(entry: Entry): boolean {
    if (entry.key === undefined) return true
    const inLine = (one: Entry): boolean => one.key === entry.key && (one.state === 'waiting' || one.state === 'leased')
    return this.entries.find(inLine) === entry
  }
}

class Run {
  readonly #queues: Queues
  readonly #time: TestTime
  readonly #queue: string
  readonly #model = new Model()
  readonly #name = crypto.randomUUID()
  #sent = 0

  constructor({ queues, time }: QueueSubject, queue: string) {
    this.#queues = queues
    this.#time = time
    this.#queue = queue
  }

  async step(step: Step): Promise<void> {
    this.#model.settle(this.#nowMs)
    if (step.do === 'send') await this.#send(step.keys, step.dueInMs)
    else if (step.do === 'receive') await this.#receive(step.max, step.leaseMs)
    else if (step.do === 'redrive') await this.#redrive(step.pick)
    else if (step.do === 'purge') await this.#purge()
    else if (step.do === 'wait') await this.#time.advance(step.ms)
    else await this.#answer(step)
  }

  /** Nothing but what the model holds, and in the states it holds it in. */
  async compare(): Promise<void> {
    const nowMs = this.#nowMs
    this.#model.settle(nowMs)
    const waiting = this.#model.inState('waiting')
    const due = waiting.filter(({ atMs }) => atMs <= nowMs)
    const next = this.#model.entries.filter(({ state, atMs }) => /waiting|leased/.test(state) && atMs > nowMs)
    expect(await this.#queues.counts(this.#queue)).toEqual({
      ready: due.length,
      delayed: waiting.length - due.length,
      leased: this.#model.inState('leased').length,
      dead: this.#model.dead.length,
      ...(next.length > 0 ? { nextAtMs: Math.min(...next.map(({ atMs }) => atMs)) } : {}),
      ...(due.length > 0 ? { oldestDueAtMs: Math.min(...due.map(({ atMs }) => atMs)) } : {}),
    })
    const peeked = await this.#queues.peek(this.#queue, 1_000)
    expect(attemptsOf(peeked)).toEqual(attemptsOf(waiting))
    const dead = await this.#queues.deadLetters(this.#queue, 1_000)
    expect(dead.map(({ id }) => id)).toEqual(this.#model.dead.map(({ id }) => id))
  }

  /** Everything that waits comes, and nothing comes twice. */
  async drain(): Promise<void> {
    for (;;) {
      await this.#time.advance(hour)
      if (this.#model.receivable(this.#nowMs).length === 0) break
      while (this.#model.receivable(this.#nowMs).length > 0) {
        await this.#receive(10, minute)
        for (let pick = this.#model.inState('leased').length; pick > 0; pick--) {
          await this.#answer({ do: 'done', pick: pick - 1 })
        }
      }
    }
    expect(this.#model.inState('waiting')).toEqual([])
    await this.#queues.purge(this.#queue, 'dead')
    expect(await this.#queues.counts(this.#queue)).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 })
  }

  /** Leaves nothing to the next run, also when this one failed. */
  async clear(): Promise<void> {
    await this.#time.advance(hour)
    await this.#queues.purge(this.#queue, 'waiting')
    await this.#queues.purge(this.#queue, 'dead')
  }

  get #nowMs(): number {
    return this.#time.clock.now()
  }

  async #send(keys: readonly number[], dueInMs: number): Promise<void> {
    const atMs = this.#nowMs + dueInMs
    const entries = keys.map((key): Entry => {
      const orderKey = this.#queue === steps ? `key ${key}` : undefined
      return { id: `${this.#name} ${++this.#sent}`, key: orderKey, state: 'waiting', atMs, attempt: 0, lease: '' }
    })
    this.#model.entries.push(...entries)
    await this.#queues.send(
      entries.map(({ id, key }) => ({
        queue: this.#queue,
        id,
        body: JSON.stringify(id),
        ...(key === undefined ? {} : { orderKey: key }),
        ...(dueInMs === 0 ? {} : { dueAtMs: atMs }),
      })),
    )
  }

  /** Never waits in vain: where nothing can come, something new is sent, and must come alone. */
  async #receive(max: number, leaseMs: number): Promise<void> {
    const receiving = take(this.#queues, this.#queue, { max, leaseMs })
    if (this.#model.receivable(this.#nowMs).length === 0) await this.#send([100 + this.#sent], 0)
    const nowMs = this.#nowMs
    const possible = new Map(this.#model.receivable(nowMs).map(entry => [entry.id, entry]))
    const given = await receiving
    expect(given.length).toBeGreaterThan(0)
    expect(given.length).toBeLessThanOrEqual(max)
    for (const { id, attempt, lease, orderKey, body } of given) {
      const entry = possible.get(id)
      expect(entry, `${id} was given, and could not be`).toBeDefined()
      possible.delete(id)
      if (!entry) continue
      expect({ attempt, orderKey, body }).toEqual({
        attempt: entry.attempt + 1,
        orderKey: entry.key,
        body: JSON.stringify(id),
      })
      Object.assign(entry, { state: 'leased', atMs: nowMs + leaseMs, attempt, lease })
      this.#model.deliveries.push({ entry, lease })
    }
  }

  async #answer(step: Extract<Step, { do: 'done' | 'bury' | 'again' | 'extend' }>): Promise<void> {
    const picked = this.#model.pick(step.pick)
    if (!picked) return
    const { entry, lease, holds } = picked
    if (step.do === 'extend') {
      expect(await this.#queues.extend(this.#queue, [lease], step.leaseMs)).toEqual(holds ? [lease] : [])
      if (holds) entry.atMs = this.#nowMs + step.leaseMs
    } else if (step.do === 'done') {
      await this.#queues.done(this.#queue, [lease])
      if (holds) entry.state = 'gone'
    } else if (step.do === 'again') {
      await this.#queues.again(this.#queue, lease, step.delayMs)
      if (holds) Object.assign(entry, { state: 'waiting', atMs: this.#nowMs + step.delayMs })
    } else {
      await this.#queues.bury(this.#queue, lease, { reason: 'broken' })
      if (holds) this.#bury(entry)
    }
  }

  #bury(entry: Entry): void {
    entry.state = 'dead'
    this.#model.dead.push(entry)
  }

  async #redrive(pick: number): Promise<void> {
    const { dead } = this.#model
    const one = dead[pick]
    const back = one ? [one] : dead
    expect(await this.#queues.redrive(this.#queue, one && [one.id])).toBe(back.length)
    this.#model.dead = dead.filter(entry => !back.includes(entry))
    this.#model.entries = [...this.#model.entries.filter(entry => !back.includes(entry)), ...back]
    for (const entry of back) Object.assign(entry, { state: 'waiting', atMs: this.#nowMs, attempt: 0 })
  }

  async #purge(): Promise<void> {
    const waiting = this.#model.inState('waiting')
    expect(await this.#queues.purge(this.#queue, 'waiting')).toBe(waiting.length)
    for (const entry of waiting) entry.state = 'gone'
  }
}

function attemptsOf(found: readonly { readonly id: string; readonly attempt: number }[]): ReadonlyMap<string, number> {
  return new Map(found.map(({ id, attempt }) => [id, attempt]))
}

async function agree(subject: QueueSubject, queue: string): Promise<void> {
  const runs = fc.array(stepsOf(queue === steps), { minLength: 1, maxLength: 60, size: 'max' })
  const property = fc.asyncProperty(runs, async run => {
    const against = new Run(subject, queue)
    try {
      for (const step of run) {
        await against.step(step)
        await against.compare()
      }
      await against.drain()
    } finally {
      await against.clear()
    }
  })
  await fc.assert(property)
}

export const queueModelPromises: Promises<QueueSubject, QueueNeeds> = {
  'loses nothing, gives nothing early and nothing twice, whatever happens in whatever order': promise(subject =>
    agree(subject, work),
  ),
  'keeps the order of every key, whatever happens in whatever order': promise(subject => agree(subject, steps)),
}
