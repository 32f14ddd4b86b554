/**
 * Homes: a whole system on engines of any kind, all services together in this process, for tests that are written once
 * and pass wherever the system runs. A testbed is one of them; the others live on the machine's clock and cannot travel
 * in time or be killed.
 */
import { sleep } from '../contract/clock.ts'
import type { Drivers, PlanShape } from '../contract/drivers.ts'
import { secretName, settingName } from '../contract/names.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import type { DeadLetter } from '../contract/queue.ts'
import type { LogRecord } from '../contract/telemetry.ts'
import type { Authorizer } from '../plan/authorizer.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import type { Gateways, Plan } from '../plan/plan.ts'
import type { Seed } from '../plan/seed.ts'
import { type Runtime, runtimeTables, startRuntime } from '../runtime/runtime.ts'
import { type BedGateways, type Testbed, type TestbedOptions, unthrottled } from './testbed/bed.ts'
import { bedClients, type Speaker } from './testbed/clients.ts'

/** What all homes of a system can do, as the testbed's documentation says it. */
export interface Home<G extends Gateways>
  extends AsyncDisposable,
    Pick<Testbed<G>, 'gateways' | 'with' | 'as' | 'uses' | 'seed' | 'now' | 'mails' | 'deadLetters'> {
  /**
   * Waits until all that was sent has been handled. Throws when there are dead letters, unless they are expected. What
   * watchers hear may come later.
   */
  settled(options?: { readonly deadLetters?: 'expected' }): Promise<unknown>
}

/** `databaseTemplate` is for testbeds: the others' databases are not theirs alone. */
export type HomeOptions = Pick<TestbedOptions, 'settings' | 'secrets' | 'throttle' | 'databaseTemplate'>

/** Opens a home for a plan; `testbed` is one. Close it when done. */
export type OpenHome = <G extends Gateways>(plan: Plan<G>, options?: HomeOptions) => Promise<Home<G>>

/**
 * A way to open homes on drivers, which are closed with the home.
 * @example const onPostgres = homeOn(shape => postgresDrivers(shape, { … }))
 */
export function homeOn(drivers: (shape: PlanShape) => Promise<Drivers>): OpenHome {
  return async (plan, options = {}) => {
    const shape = shapeOf(plan, runtimeTables)
    const logs: LogRecord[] = []
    const opened = await drivers(shape)
    try {
      await fill(opened, plan, options)
      const open = options.throttle === false ? unthrottled(plan) : plan
      const runtime = await startRuntime(open, opened, { logs: record => void logs.push(record) })
      return new DriversHome(open, opened, runtime, { queues: queuesOf(shape), logs })
    } catch (error) {
      await opened.close()
      throw error
    }
  }
}

async function fill({ vault }: Drivers, { name }: Plan, { settings = {}, secrets = {} }: HomeOptions): Promise<void> {
  for (const [key, value] of Object.entries(settings)) await vault.set(settingName(name, key), value)
  for (const [key, value] of Object.entries(secrets)) await vault.set(secretName(name, key), value)
}

function queuesOf({ queues }: PlanShape): readonly string[] {
  return queues.map(({ name }) => name)
}

const lookMs = 20
/** Looks at different queues are not at one moment: what moves between them shows in another look. */
const quietLooks = 3
/** When a home gives up: something is sent without end. */
const mostMs = 60_000
const stopMs = 10_000

interface Seen {
  readonly queues: readonly string[]
  readonly logs: readonly LogRecord[]
}

class DriversHome<G extends Gateways> implements Home<G> {
  readonly #plan: Plan<G>
  readonly #drivers: Drivers
  readonly #runtime: Runtime
  readonly #queues: readonly string[]
  readonly #logs: readonly LogRecord[]

  constructor(plan: Plan<G>, drivers: Drivers, runtime: Runtime, { queues, logs }: Seen) {
    this.#plan = plan
    this.#drivers = drivers
    this.#runtime = runtime
    this.#queues = queues
    this.#logs = logs
  }

  get gateways(): BedGateways<G> {
    return this.with({})
  }

  get now(): Date {
    return new Date(this.#drivers.clock.now())
  }

  with(headers: Readonly<Record<string, string>>): BedGateways<G> {
    return this.#speaking((route, asked) => this.#runtime.door.call(route, asked), headers)
  }

  as<C>(authorizer: Authorizer<C>, caller: C): BedGateways<G> {
    const identity = { authorizer: authorizer.name, caller }
    return this.#speaking((route, asked) => this.#runtime.callAs(route, asked, identity), {})
  }

  uses<U extends Uses, C>(uses: U, authorizer?: Authorizer<C>, caller?: C): Clients<U> {
    const identity = authorizer && { authorizer: authorizer.name, caller }
    return this.#runtime.clients('home', uses, identity) as Clients<U> // what was asked for
  }

  async seed({ uses, handle }: Seed): Promise<readonly string[]> {
    return (await this.#runtime.as('seed', uses, handle)) as readonly string[] // what a seed gives
  }

  async settled(options: { readonly deadLetters?: 'expected' } = {}): Promise<void> {
    const { clock } = this.#drivers
    const untilMs = clock.now() + mostMs
    for (let quiet = 0; quiet < quietLooks; await sleep(clock, lookMs)) {
      const waits = await this.#waiting()
      quiet = waits.length === 0 ? quiet + 1 : 0
      if (clock.now() > untilMs) throw this.#tooLong(waits)
    }
    const dead = options.deadLetters === 'expected' ? [] : await this.deadLetters()
    if (dead.length === 0) return
    throw new Error(`dead letters:\n${dead.map(({ queue, id, reason }) => `  ${queue} ${id}: ${reason}`).join('\n')}`)
  }

  async mails() {
    return (await this.#drivers.mail.sent?.(1_000)) ?? []
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const lists = await Promise.all(this.#queues.map(queue => this.#drivers.queues.deadLetters(queue, 1_000)))
    return lists.flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime.stop(stopMs)
    await this.#drivers.close()
  }

  #tooLong(waits: readonly string[]): Error {
    const errors = this.#logs.filter(({ level }) => level === 'error').slice(-3)
    const said = errors.map(({ message }) => `\n  ${message}`).join('')
    return new Error(`after ${mostMs / 1_000} s this still waited: ${waits.join(', ')}${said}`)
  }

  /** What has been sent and not handled. */
  async #waiting(): Promise<readonly string[]> {
    const { store, queues } = this.#drivers
    const relayed = (await store.outbox.peek(1)).length === 0 ? [] : ['the outbox']
    const looks = this.#queues.map(async queue => {
      const { ready, leased } = await queues.counts(queue)
      return ready + leased > 0 ? [queue] : []
    })
    return [...relayed, ...(await Promise.all(looks)).flat()]
  }

  #speaking(call: Speaker['call'], headers: Readonly<Record<string, string>>): BedGateways<G> {
    const speaker: Speaker = { routes: this.#runtime.door.routes, headers, call }
    return bedClients(this.#plan, speaker) as BedGateways<G> // named by the plan's gateways and handlers
  }
}
