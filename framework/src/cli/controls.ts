/**
 * The control sockets of a process that serves: one for each system, in its data folder, so that the commands of an
 * operator (and the console) reach what runs.
 */
import type { Clock } from '../contract/clock.ts'
import type { Operator } from '../contract/operator.ts'
import { fault } from '../contract/problems.ts'
import type { LogSink } from '../contract/telemetry.ts'
import { type Control, openControl } from '../http/control/server.ts'
import type { Seed } from '../plan/seed.ts'
import { operatorOf } from '../runtime/operator/operator.ts'
import type { Started } from '../targets/embedded.ts'
import type { LoadedSystem } from './load.ts'
import { systemFolder } from './places.ts'
import { remember, seedInto } from './seeding.ts'

export interface ControlsOptions {
  /** The data folder of all systems. */
  readonly data: string
  readonly clock: Clock
  readonly logs: LogSink
  /** What runs now. */
  started(): readonly Started[]
}

export class Controls {
  readonly #options: ControlsOptions
  readonly #open: Control[] = []
  readonly #seeds = new Map<string, Seed | undefined>()

  constructor(options: ControlsOptions) {
    this.#options = options
  }

  /** Opens the socket of a system that was started. Where none can be opened, that is said, and the system serves. */
  async open(system: LoadedSystem): Promise<void> {
    const { data, clock, logs } = this.#options
    const { name } = system.plan
    const tell = (level: 'warn' | 'error', what: string, error: unknown): void => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logs({ level, atMs: clock.now(), plan: name, handler: 'operator', message: `${what}: ${why}` })
    }
    const folder = systemFolder(data, name)
    this.renew(system)
    try {
      const report = (error: unknown): void => tell('error', 'the control socket failed', error)
      this.#open.push(await openControl(() => this.#operator(name), { folder, clock, report }))
    } catch (error) {
      tell('warn', 'operators cannot reach this process', error)
    }
  }

  /** Another version of a system has come, with sample data of its own. */
  renew({ plan, seed }: LoadedSystem): void {
    this.#seeds.set(plan.name, seed)
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#open.map(control => control.close(graceMs)))
  }

  /** Made anew each time: the plan may have been replaced, and it costs nothing beside the question itself. */
  #operator(name: string): Operator {
    const found = this.#options.started().find(({ runtime }) => runtime.plan.name === name)
    if (!found) throw fault('stopping', 'the process is stopping')
    const { logs } = this.#options
    const seed = this.#seeds.get(name)
    return operatorOf(found.runtime, found.drivers, {
      ...{ running: true, logs },
      ...(seed ? { seed: () => this.#sow(found, seed) } : {}),
    })
  }

  async #sow({ runtime }: Started, seed: Seed): Promise<readonly string[]> {
    const said = await seedInto(runtime, seed)
    await remember(systemFolder(this.#options.data, runtime.plan.name), said)
    return said
  }
}
