/**
 * Bed: one system on one set of memory drivers, and the process that runs it. The process can die and be started again;
 * what was kept is there.
 */
import type { Databases } from '../../contract/database.ts'
import type { Drivers } from '../../contract/drivers.ts'
import type { SentMail } from '../../contract/mail.ts'
import { secretName, settingName } from '../../contract/names.ts'
import type { DeadLetter } from '../../contract/queue.ts'
import type { LogRecord, SpanRecord } from '../../contract/telemetry.ts'
import type { MemoryClock } from '../../memory/clock.ts'
import type { DatabaseTemplate } from '../../memory/database.ts'
import type { Authorizer } from '../../plan/authorizer.ts'
import type { UploadCredentials } from '../../plan/bucket.ts'
import type { Gateway } from '../../plan/gateway.ts'
import type { Clients, Uses } from '../../plan/grant.ts'
import type { Gateways, Plan } from '../../plan/plan.ts'
import type { Seed } from '../../plan/seed.ts'
import type { ServiceClient } from '../../plan/service.ts'
import { type Duration, milliseconds } from '../../plan/words.ts'
import type { Active } from '../../runtime/activity.ts'
import { type Runtime, type RuntimeOptions, startRuntime } from '../../runtime/runtime.ts'
import { bedClients, type Speaker } from './clients.ts'
import { outsideAnswer, type S3ClientOptions, s3ClientOptions } from './outside.ts'
import { type MortalProcess, mortalProcess, ProcessDied } from './process.ts'
import { type RealInput, realFetch, realInput } from './real-input.ts'
import { type Settling, settle, type Waiting } from './settle.ts'
import { bedUses } from './uses.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'
import type { HandlersClock, VirtualTimer } from './virtual-timer.ts'

export interface TestbedOptions {
  readonly at?: Date
  readonly settings?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly throttle?: boolean
  readonly indexLagMs?: number
  readonly outbox?: boolean
  /** What new databases begin with. */
  readonly databaseTemplate?: DatabaseTemplate
  /** For connections: answers instead of the network. Default: the network. */
  readonly fetch?: typeof fetch
  /** Databases elsewhere, closed with the bed. Default: PostgreSQL in memory. */
  readonly databases?: Databases & { close(): Promise<void> }
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

  /** What somebody outside gets at an address of the bed: by a link to an object, or as an S3 client. */
  reach(request: Request): Promise<Response>
  /**
   * Options for an S3 client that plays an outside party with an `uploader`'s credentials.
   * @example const renderer = new S3Client(bed.s3(credentials))
   */
  s3(credentials: UploadCredentials): S3ClientOptions
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

export class Bed<G extends Gateways> implements Settling {
  readonly plan: Plan<G>
  readonly clock: MemoryClock
  readonly drivers: Drivers
  readonly logs: LogRecord[] = []
  readonly traces: SpanRecord[] = []
  readonly input: RealInput = realInput()
  readonly patience = new WeakMap<object, number>()
  deedsSeen = 0
  readonly #options: TestbedOptions
  readonly #queues: readonly string[]
  readonly #time: VirtualTime = virtualTime()
  #running: Running | undefined
  /** How often something was run in the time of the bed. */
  #entered = 0

  /** `queues`: the names of all queues of the plan, its own and derived ones. */
  constructor(plan: Plan<G>, clock: MemoryClock, drivers: Drivers, queues: readonly string[], options: TestbedOptions) {
    this.plan = options.throttle === false ? unthrottled(plan) : plan
    this.clock = clock
    this.drivers = drivers
    this.#queues = queues
    this.#options = options
  }

  async boot(): Promise<void> {
    try {
      await this.#fillVault()
      await this.#start()
    } catch (error) {
      this.#time.release()
      throw error
    }
  }

  get runtime(): Runtime {
    return this.#open.runtime
  }

  calls(): readonly Active[] {
    return this.#running?.runtime.calls() ?? []
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
    const clients = (): object => this.runtime.clients('testbed', uses, identity) as object
    return bedUses(clients, { uses, process: () => this.#open.process, within: run => this.within(run) }) as Clients<U>
  }

  async seed({ uses, handle }: Seed): Promise<readonly string[]> {
    const said = await this.#open.process.alive(this.within(() => this.runtime.as('seed', uses, handle)))
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

  reach(request: Request): Promise<Response> {
    return this.#open.process.alive(this.within(() => outsideAnswer(this.drivers.buckets, request)))
  }

  s3(credentials: UploadCredentials): S3ClientOptions {
    return s3ClientOptions(credentials, this.clock.now(), request => this.reach(request))
  }

  async mails(): Promise<readonly SentMail[]> {
    return (await this.drivers.mail.sent?.(1_000)) ?? []
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const lists = await Promise.all(this.#queues.map(queue => this.drivers.queues.deadLetters(queue, 1_000)))
    return lists.flat()
  }

  redrive(queue: string): Promise<number> {
    return this.drivers.queues.redrive(queue)
  }

  get points(): number {
    return this.#open.process.points
  }

  get deeds(): number {
    return this.#open.process.deeds + this.#open.clock.ran + this.#entered
  }

  get timers(): number {
    return this.#open.clock.timers.size
  }

  dieAt(point: number): void {
    this.#open.process.dieAt(point)
  }

  get dead(): boolean {
    return this.#open.process.dead
  }

  async restart(): Promise<void> {
    this.#open.process.die()
    await this.#start()
  }

  async close(): Promise<void> {
    if (!this.#running) return
    try {
      const left = await this.#end()
      if (left.length > 0) throw new Error(`the bed was closed while this was running: ${left.join(', ')}`)
    } finally {
      this.#running?.process.die()
      this.#running = undefined
      this.#time.release()
      await this.drivers.close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  queueNames(): readonly string[] {
    return this.#queues
  }

  /** Runs something in the time of the bed, as the process that runs now. */
  within<T>(run: () => T): T {
    this.#entered++
    return this.#time.within(this.#open.clock, run)
  }

  get #open(): Running {
    if (!this.#running) throw new ProcessDied('the bed is closed')
    return this.#running
  }

  async #fillVault(): Promise<void> {
    const { settings = {}, secrets = {} } = this.#options
    const { vault } = this.drivers
    const { name } = this.plan
    for (const [key, value] of Object.entries(settings)) await vault.set(settingName(name, key), value)
    for (const [key, value] of Object.entries(secrets)) await vault.set(secretName(name, key), value)
  }

  async #start(): Promise<void> {
    const process = mortalProcess(this.drivers, this.input)
    const clock = { ...process.drivers.clock, timers: new Set<VirtualTimer>(), ran: 0 }
    const { fetch: given } = this.#options
    const options: RuntimeOptions = {
      logs: record => void this.logs.push(record),
      telemetry: { sampled: 1, sink: span => void this.traces.push(span) },
      fetch: given ?? realFetch(this.#time, this.input, fetch),
    }
    const starting = this.#time.within(clock, () => startRuntime(this.plan, process.drivers, options))
    this.#running = { process, clock, runtime: await process.alive(starting) }
  }

  /** What does not end by itself is named. */
  async #end(): Promise<readonly string[]> {
    if (this.dead) return []
    await settle(this, 'until quiet')
    return [...new Set(this.runtime.activity.names())]
  }

  #speaking(call: Speaker['call'], headers: Readonly<Record<string, string>>): BedGateways<G> {
    const speaker: Speaker = {
      routes: this.runtime.door.routes,
      headers,
      call: async (route, asked) => {
        const { process } = this.#open
        const answer = await process.alive(this.within(() => call(route, asked)))
        if (answer.kind !== 'events') return answer
        return { ...answer, events: followed(answer.events, run => process.alive(this.within(run))) }
      },
    }
    return bedClients(this.plan, speaker) as BedGateways<G>
  }
}

/** A process of a bed, and the runtime in it. */
interface Running {
  readonly process: MortalProcess
  readonly clock: HandlersClock
  readonly runtime: Runtime
}

export function unthrottled<G extends Gateways>(plan: Plan<G>): Plan<G> {
  const open = { rate: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER }
  const gateways = Object.entries(plan.gateways).map(([name, gateway]) => [name, { ...gateway, throttle: open }])
  return { ...plan, gateways: Object.fromEntries(gateways) as G }
}

/** Events whose handler runs in the bed each time it goes on. */
async function* followed<T>(
  events: AsyncIterable<T>,
  within: <R>(run: () => Promise<R>) => Promise<R>,
): AsyncGenerator<T> {
  const iterator = events[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await within(() => iterator.next())
      if (done) return
      yield value
    }
  } finally {
    await within(async () => iterator.return?.())
  }
}
