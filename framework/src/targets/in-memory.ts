/**
 * Plans in memory, on this machine's clock: for a first look and for development. What they keep lives as long as the
 * process.
 */
import type { Clock } from '../contract/clock.ts'
import type { Drivers } from '../contract/drivers.ts'
import { secretName, settingName } from '../contract/names.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import { systemClock } from '../embedded/clock.ts'
import { memoryCapabilities, memoryDrivers } from '../memory/drivers.ts'
import type { Plan } from '../plan/plan.ts'
import { systemEntropy } from '../runtime/entropy.ts'
import { type Runtime, type RuntimeOptions, runtimeTables, startRuntime } from '../runtime/runtime.ts'
import type { Telemetry } from '../runtime/telemetry.ts'

/** What the plan check asks of these engines. */
export const inMemoryCapabilities = memoryCapabilities(0)

export interface InMemoryOptions extends Pick<RuntimeOptions, 'logs' | 'fetch'> {
  /** Where links to objects lead, such as `http://127.0.0.1:7400`. */
  readonly baseUrl: string
}

/** What a plan's vault holds in the beginning, by name. */
export interface VaultValues {
  readonly settings: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** A process for plans, each on engines of its own. */
export interface InMemory {
  readonly clock: Clock
  /** In the order they were started. */
  readonly runtimes: readonly Runtime[]
  /** Starts a plan, which has been checked. `telemetry`: where its traces go; default: nowhere. */
  start(plan: Plan, values: VaultValues, telemetry?: Telemetry): Promise<Runtime>
  /** Takes no more work; resolves when what runs has ended, or has been handed back after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Opens a process in memory.
 * @example const counter = await inMemory({ logs, baseUrl }).start(plan, { settings: {}, secrets: {} })
 */
export function inMemory({ baseUrl, ...options }: InMemoryOptions): InMemory {
  const clock = systemClock()
  const entropy = systemEntropy()
  const started: { readonly runtime: Runtime; readonly drivers: Drivers }[] = []
  return {
    clock,
    get runtimes() {
      return started.map(({ runtime }) => runtime)
    },
    async start(plan, values, telemetry) {
      const drivers = memoryDrivers(shapeOf(plan, runtimeTables), { clock, linkKey: entropy.hex(32), baseUrl })
      await fill(drivers, plan, values)
      const runtime = await startRuntime(plan, drivers, { ...options, ...(telemetry ? { telemetry } : {}), entropy })
      started.push({ runtime, drivers })
      return runtime
    },
    async stop(graceMs) {
      await Promise.all(started.map(({ runtime }) => runtime.stop(graceMs)))
      await Promise.all(started.map(({ drivers }) => drivers.close()))
    },
  }
}

async function fill({ vault }: Drivers, plan: Plan, { settings, secrets }: VaultValues): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await vault.set(settingName(plan.name, name), value)
  for (const [name, value] of Object.entries(secrets)) await vault.set(secretName(plan.name, name), value)
}
