/**
 * Plans on this machine's disk, in this process: each in a folder of its own below the data folder. What was acknowledged
 * is there after a stop, a kill and a power cut (of databases: after a stop and a kill).
 */
import { join } from 'node:path'
import type { Clock } from '../contract/clock.ts'
import { secretName, settingName } from '../contract/names.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import { embeddedCapabilities } from '../embedded/capabilities.ts'
import { systemClock } from '../embedded/clock.ts'
import { type EmbeddedDrivers, embeddedDrivers } from '../embedded/drivers.ts'
import type { Plan } from '../plan/plan.ts'
import { type Runtime, type RuntimeOptions, runtimeTables, startRuntime } from '../runtime/runtime.ts'
import type { Telemetry } from '../runtime/telemetry.ts'

export { embeddedCapabilities }

export interface EmbeddedTargetOptions extends Pick<RuntimeOptions, 'logs' | 'fetch'> {
  /** The data folder, such as `.groundplan/data`; each plan has a folder in it. */
  readonly folder: string
  /** Where the doors are, such as `http://127.0.0.1:7400`. Links to objects lead to `/links/<plan>` there. */
  readonly baseUrl: string
  /** Default: the system's. */
  readonly clock?: Clock
  /**
   * 32 bytes that seal the vaults. Given from outside on a server; without it, each plan's folder has one in a file that
   * nobody but its owner may read: for development.
   */
  readonly masterKey?: Uint8Array
}

/** What is set in a plan's vault at its start, by name. What is not named stays as it was. */
export interface GivenValues {
  readonly settings: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** A plan that runs, and what it runs on. */
export interface Started {
  readonly runtime: Runtime
  readonly drivers: EmbeddedDrivers
}

/** A process for plans, each on a folder of its own. */
export interface EmbeddedTarget {
  readonly clock: Clock
  /** In the order they were started. */
  readonly runtimes: readonly Runtime[]
  /** The same with their drivers: for the console, and for tests. */
  readonly started: readonly Started[]
  /**
   * Starts a plan, which has been checked. `telemetry`: where its traces go; default: nowhere.
   * Faults: those of `embeddedDrivers`.
   */
  start(plan: Plan, values: GivenValues, telemetry?: Telemetry): Promise<Runtime>
  /** Answers a request that came by a link to an object; undefined where it did not. */
  follow(request: Request): Promise<Response | undefined>
  /** Takes no more work; resolves when what runs has ended, or has been handed back after `graceMs`, and all is on disk. */
  stop(graceMs: number): Promise<void>
}

/**
 * Opens a process on a data folder.
 * @example
 * const target = embedded({ folder: '.groundplan/data', baseUrl: 'http://127.0.0.1:7400', logs })
 * const shop = await target.start(plan, { settings: {}, secrets: {} })
 */
export function embedded(target: EmbeddedTargetOptions): EmbeddedTarget {
  const { folder, baseUrl, masterKey, clock = systemClock(), ...options } = target
  const started: Started[] = []
  return {
    clock,
    started,
    get runtimes() {
      return started.map(({ runtime }) => runtime)
    },
    async start(plan, values, telemetry) {
      const drivers = await embeddedDrivers(shapeOf(plan, runtimeTables), {
        folder: join(folder, plan.name),
        clock,
        baseUrl: baseUrl + linkPath(plan.name),
        ...(masterKey ? { masterKey } : {}),
      })
      const runtime = await running(plan, drivers, values, { ...options, ...(telemetry ? { telemetry } : {}) })
      started.push({ runtime, drivers })
      return runtime
    },
    async follow(request) {
      const { pathname } = new URL(request.url)
      const found = started.find(({ runtime }) => pathname === linkPath(runtime.plan.name))
      return found?.drivers.buckets.follow(request)
    },
    async stop(graceMs) {
      await Promise.all(started.map(({ runtime }) => runtime.stop(graceMs)))
      await Promise.all(started.map(({ drivers }) => drivers.close()))
    },
  }
}

function linkPath(plan: string): string {
  return `/links/${plan}`
}

async function running(
  plan: Plan,
  drivers: EmbeddedDrivers,
  values: GivenValues,
  options: RuntimeOptions,
): Promise<Runtime> {
  try {
    await fill(drivers, plan, values)
    return await startRuntime(plan, drivers, options)
  } catch (error) {
    await drivers.close()
    throw error
  }
}

async function fill(drivers: EmbeddedDrivers, plan: Plan, { settings, secrets }: GivenValues): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await given(drivers, settingName(plan.name, name), value)
  for (const [name, value] of Object.entries(secrets)) await given(drivers, secretName(plan.name, name), value)
}

/** A value that is the same at each start is no new version. */
async function given({ vault }: EmbeddedDrivers, name: string, value: string): Promise<void> {
  const known = await vault.get(name)
  if (known?.value !== value) await vault.set(name, value)
}
