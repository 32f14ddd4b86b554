/**
 * Bed: one system on one set of memory drivers, and the process that runs it. The process can die and be started again;
 * what was kept is there.
 */
import type { Drivers } from '../../contract/drivers.ts'
import type { SentMail } from '../../contract/mail.ts'
import { secretName, settingName } from '../../contract/names.ts'
import type { DeadLetter } from '../../contract/queue.ts'
import type { MemoryClock } from '../../memory/clock.ts'
import type { Authorizer } from '../../plan/authorizer.ts'
import type { Gateway } from '../../plan/gateway.ts'
import type { Clients, Uses } from '../../plan/grant.ts'
import type { Gateways, Plan } from '../../plan/plan.ts'
import type { Seed } from '../../plan/seed.ts'
import type { ServiceClient } from '../../plan/service.ts'
import { type Duration, milliseconds } from '../../plan/words.ts'
import type { LogRecord } from '../../runtime/log.ts'
import { type Runtime, startRuntime } from '../../runtime/runtime.ts'
import type { SpanRecord } from '../../runtime/telemetry.ts'
import { bedClients, type Speaker } from './clients.ts'
import { type MortalProcess, mortalProcess } from './process.ts'
import { settle, type Waiting } from './settle.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'

export interface TestbedOptions {
  readonly at?: Date
  readonly settings?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly throttle?: boolean
  readonly indexLagMs?: number
  readonly outbox?: boolean
  /** For connections: answers instead of the network. Default: the network. */
  readonly fetch?: typeof fetch
}

/** The gateways of a plan as typed functions. */
export type BedGateways<G extends Gateways> = {
  readonly [N in keyof G]: G[N] extends Gateway<infer H> ? ServiceClient<H> : never
}

export interface Testbed<G extends Gateways> extends AsyncDisposable {
  /** Calls as nobody, or as whom `with` headers show. What `fails` does not name is thrown as `CallRefused`. */
  readonly gateways: BedGateways<G>
  with(headers: Readonly<Record<string, string>>): BedGateways<G>
  /** Calls as somebody, past the authorizer. */
  as<C>(authorizer: Authorizer<C>, caller: C): BedGateways<G>
  /** Clients for any grants of the plan: to look into tables, to send messages, to ask services. */
  uses<U extends Uses>(uses: U): Clients<U>
  uses<U extends Uses, C>(uses: U, authorizer: Authorizer<C>, caller: C): Clients<U>
  /** Fills it with sample data; gives what the seed says. */
  seed(seed: Seed): Promise<readonly string[]>

  readonly now: Date
  /** Lets time pass; what falls due on the way runs. */
  advance(duration: Duration): Promise<void>
  /**
   * Waits until nothing is due now, indexes included (so the clock moves by their lag); gives what waits until when.
   * Throws when there are dead letters, unless they are expected.
   */
  settled(options?: { readonly deadLetters?: 'expected' }): Promise<readonly Waiting[]>

  mails(): Promise<readonly SentMail[]>
  /** All dead letters, of the plan's queues and of subscribers, views and mailboxes. */
  deadLetters(): Promise<readonly DeadLetter[]>
  redrive(queue: string): Promise<number>
  readonly logs: readonly LogRecord[]
  readonly traces: readonly SpanRecord[]
  readonly drivers: Drivers
  readonly runtime: Runtime

  /** Points at which the process could have died so far: before and after each operation on an engine. */
  readonly points: number
  /** The process dies at the point after so many more; calls then reject with `ProcessDied`. */
  dieAt(point: number): void
  readonly dead: boolean
  /** Starts a new process on what the old one left. Ends the old one if it still lives. */
  restart(): Promise<void>
  /** Stops. Throws naming what was left running. */
  close(): Promise<void>
}

export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'
}

export class Bed<G extends Gateways> {
  readonly plan: Plan<G>
  readonly clock: MemoryClock
  readonly drivers: Drivers
  readonly logs: LogRecord[] = []
  readonly traces: SpanRecord[] = []
  readonly #options: TestbedOptions
  readonly #time: VirtualTime = virtualTime()
  #process: MortalProcess
  #runtime: Runtime | undefined

  constructor(plan: Plan<G>, clock: MemoryClock, drivers: Drivers, options: TestbedOptions) {
    this.plan = options.throttle === false ? unthrottled(plan) : plan
    this.clock = clock
    this.drivers = drivers
    this.#options = options
    this.#process = mortalProcess(drivers)
  }

  async boot(): Promise<void> {
    const { settings = {}, secrets = {} } = this.#options
    const { name } = this.plan
    for (const [key, value] of Object.entries(settings)) await this.drivers.vault.set(settingName(name, key), value)
    for (const [key, value] of Object.entries(secrets)) await this.drivers.vault.set(secretName(name, key), value)
    await this.#start()
  }

  get runtime(): Runtime {
    if (!this.#runtime) throw new ProcessDied('the bed is closed')
    return this.#runtime
  }

  get gateways(): BedGateways<G> {
    return this.with({})
  }

  with(headers: Readonly<Record<string, string>>): BedGateways<G> {
    return this.#speaking((route, asked) => this.runtime.door.call(route, asked), headers)
  }

  as<C>(authorizer: Authorizer<C>, caller: C): BedGateways<G> {
    const identity = { authorizer: authorizer.name, caller }
    return this.#speaking((route, asked) => this.runtime.callAs(route, asked, identity), {})
  }

  uses<U extends Uses, C>(uses: U, authorizer?: Authorizer<C>, caller?: C): Clients<U> {
    const identity = authorizer && { authorizer: authorizer.name, caller }
    const clients = this.#within(() => this.runtime.clients('testbed', uses, identity))
    return inTime(clients, run => this.alive(this.#within(run))) as Clients<U>
  }

  async seed({ uses, handle }: Seed): Promise<readonly string[]> {
    const said = await this.alive(this.#within(() => this.runtime.as('seed', uses, handle)))
    return said as readonly string[]
  }

  get now(): Date {
    return new Date(this.clock.now())
  }

  async advance(duration: Duration): Promise<void> {
    await settle(this, 'until quiet')
    await this.clock.advance(milliseconds(duration))
    await settle(this, 'until quiet')
  }

  async settled(options: { readonly deadLetters?: 'expected' } = {}): Promise<readonly Waiting[]> {
    const waiting = await settle(this, 'all')
    const dead = options.deadLetters === 'expected' ? [] : await this.deadLetters()
    if (dead.length === 0) return waiting
    const reasons = dead.map(({ queue, id, attempt, reason }) => `  ${queue} ${id} (attempt ${attempt}): ${reason}`)
    throw new Error(`${dead.length} dead letters:\n${reasons.join('\n')}`)
  }

  async mails(): Promise<readonly SentMail[]> {
    return (await this.drivers.mail.sent?.(1_000)) ?? []
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const lists = await Promise.all(this.queueNames().map(queue => this.drivers.queues.deadLetters(queue, 1_000)))
    return lists.flat()
  }

  redrive(queue: string): Promise<number> {
    return this.drivers.queues.redrive(queue)
  }

  get points(): number {
    return this.#process.points
  }

  dieAt(point: number): void {
    this.#process.dieAt(point)
  }

  get dead(): boolean {
    return this.#process.dead
  }

  async restart(): Promise<void> {
    this.#process.die()
    this.#process = mortalProcess(this.drivers)
    await this.#start()
  }

  async close(): Promise<void> {
    if (!this.#runtime) return
    const { runtime } = this
    this.#runtime = undefined
    const left = await this.#stop(runtime)
    await this.drivers.close()
    this.#time.release()
    if (left.length > 0) throw new Error(`the bed was closed while this was running: ${left.join(', ')}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  queueNames(): readonly string[] {
    return this.#queues ?? []
  }

  /** Rejects when the process dies first. */
  alive<T>(work: T | PromiseLike<T>): Promise<T> {
    const { death } = this.#process
    const died = death.then(() => {
      throw new ProcessDied('the process died')
    })
    return Promise.race([Promise.resolve(work), died])
  }

  #queues: readonly string[] | undefined

  async #start(): Promise<void> {
    const { shapeOf } = await import('../../contract/plan-shape.ts')
    this.#queues ??= shapeOf(this.plan).queues.map(({ name }) => name)
    const { fetch } = this.#options
    this.#runtime = await this.alive(
      this.#within(() =>
        startRuntime(this.plan, this.#process.drivers, {
          logs: record => void this.logs.push(record),
          telemetry: { sampled: 1, sink: span => void this.traces.push(span) },
          ...(fetch ? { fetch } : {}),
        }),
      ),
    )
  }

  /** What does not end by itself is cut off, and named. */
  async #stop(runtime: Runtime): Promise<readonly string[]> {
    if (this.#process.dead) return []
    await settle({ ...this.#stillness(runtime) }, 'until quiet')
    const left = runtime.activity.names()
    this.#process.die()
    return left
  }

  #stillness(runtime: Runtime) {
    return {
      clock: this.clock,
      drivers: this.drivers,
      runtime,
      points: this.points,
      queueNames: () => [] as string[],
      dead: false,
    }
  }

  #within<T>(run: () => T): T {
    return this.#time.within(this.clock, run)
  }

  #speaking(call: Speaker['call'], headers: Readonly<Record<string, string>>): BedGateways<G> {
    const speaker: Speaker = {
      routes: this.runtime.door.routes,
      headers,
      call: (route, asked) => this.alive(this.#within(() => call(route, asked))),
    }
    return bedClients(this.plan, speaker) as BedGateways<G>
  }
}

function unthrottled<G extends Gateways>(plan: Plan<G>): Plan<G> {
  const open = { rate: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER }
  const gateways = Object.entries(plan.gateways).map(([name, gateway]) => [name, { ...gateway, throttle: open }])
  return { ...plan, gateways: Object.fromEntries(gateways) as G }
}

type Method = (...given: unknown[]) => unknown

/** Clients whose methods run in the bed's time. */
function inTime(value: unknown, within: (run: () => unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return new Proxy(value, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown
      if (typeof member !== 'function') return name === 'by' ? inTime(member, within) : member
      return (...given: unknown[]) => {
        const result = (member as Method).apply(target, given)
        return result instanceof Promise ? within(() => result) : result
      }
    },
  })
}
