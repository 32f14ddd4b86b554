/**
 * Plans on this machine's disk, in this process: each in a folder of its own below the data folder. What was acknowledged
 * is there after a stop, a kill and a power cut (of databases: after a stop and a kill).
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../contract/clock.ts'
import type { PlanShape } from '../contract/drivers.ts'
import type { ServiceFunctions } from '../contract/engine.ts'
import { secretName, settingName, uploadPrefix } from '../contract/names.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import { fault } from '../contract/problems.ts'
import { embeddedCapabilities } from '../embedded/capabilities.ts'
import { systemClock } from '../embedded/clock.ts'
import { embeddedDrivers } from '../embedded/drivers.ts'
import { lockFolder } from '../embedded/lock.ts'
import type { Plan } from '../plan/plan.ts'
import { type Runtime, type RuntimeOptions, runtimeTables, startRuntime } from '../runtime/runtime.ts'
import type { Telemetry } from '../runtime/telemetry.ts'
import { type Divided, refuseUnknown, servicesElsewhere, shareOf } from './divided.ts'
import { type PlacedDrivers, type Placement, placedDrivers } from './placed.ts'

export { embeddedCapabilities }

export interface EmbeddedTargetOptions extends Pick<RuntimeOptions, 'logs' | 'fetch' | 'background'> {
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
  /** Where plans are kept elsewhere than on the disk; then a master key must be given. */
  readonly placement?: Placement
  /** What of the plans runs here, where other processes run the rest of them. Default: all. */
  readonly divided?: Divided
}

/** What is set in a plan's vault at its start, by name. What is not named stays as it was. */
export interface GivenValues {
  readonly settings: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** A plan that runs, and what it runs on. */
export interface Started {
  readonly runtime: Runtime
  readonly drivers: Engines
}

/** The drivers of a plan, and how its services elsewhere are asked, where there are any. */
interface Engines extends PlacedDrivers {
  readonly elsewhere?: ServiceFunctions
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
  /**
   * Starts another version of a plan that runs in its place, on the same engines; they are opened anew where the version
   * keeps something else. What runs may finish for `graceMs`, then it is handed back. When the new version cannot start,
   * the one before runs again, and the reason is thrown.
   */
  replace(plan: Plan, values: GivenValues, graceMs: number): Promise<Runtime>
  /** Whether a path is that of links to objects of a plan that was started, or of uploads by S3 clients. */
  isLink(path: string): boolean
  /** Answers a request that came by a link to an object, or from an S3 client; undefined where it did not. */
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
export function embedded(options: EmbeddedTargetOptions): EmbeddedTarget {
  const clock = options.clock ?? systemClock()
  const started: System[] = []
  const linked = (path: string): System | undefined => started.find(({ plan }) => path === linkPath(plan.name))
  const uploaded = (path: string): System | undefined => started.find(({ shape }) => isUpload(shape, path))
  return {
    clock,
    started,
    get runtimes() {
      return started.map(({ runtime }) => runtime)
    },
    async start(plan, values, telemetry) {
      const system = await opened({ ...options, clock }, { plan, values, telemetry })
      started.push(system)
      return system.runtime
    },
    async replace(plan, values, graceMs) {
      const at = started.findIndex(system => system.plan.name === plan.name)
      const before = started[at]
      if (!before) throw new Error(`"${plan.name}" was not started`)
      await before.runtime.stop(graceMs)
      const next = await replaced({ ...options, clock }, before, { ...before, plan, values })
      started[at] = next.system
      if (next.failed) throw next.failed.error
      return next.system.runtime
    },
    isLink: path => (linked(path) ?? uploaded(path)) !== undefined,
    async follow(request) {
      const { pathname } = new URL(request.url)
      const system = linked(pathname)
      if (system) return system.drivers.disk?.buckets.follow(request)
      return uploaded(pathname)?.drivers.buckets.upload?.(request)
    },
    async stop(graceMs) {
      await Promise.all(started.map(({ runtime }) => runtime.stop(graceMs)))
      await Promise.all(started.map(({ drivers }) => drivers.close()))
    },
  }
}

/**
 * Refuses while another process has one of the plans' folders; nothing is opened or made.
 * Faults: `engine-unavailable`, naming the process.
 */
export function refuseHeld(folder: string, plans: readonly string[]): void {
  for (const plan of plans) if (isFolder(join(folder, plan))) lockFolder(join(folder, plan)).release()
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

type Options = EmbeddedTargetOptions & { readonly clock: Clock }

interface Version {
  readonly plan: Plan
  readonly values: GivenValues
  readonly telemetry: Telemetry | undefined
}

interface System extends Started, Version {
  readonly shape: PlanShape
}

async function opened(options: Options, version: Version): Promise<System> {
  const shape = shapeOf(version.plan, runtimeTables)
  const drivers = await driversFor(options, shape)
  try {
    return await running(options, version, shape, drivers)
  } catch (error) {
    await drivers.close()
    throw error
  }
}

/** A version in place of one that was stopped; that one again where it cannot start. */
async function replaced(options: Options, before: System, version: Version): Promise<Replaced> {
  const shape = shapeOf(version.plan, runtimeTables)
  try {
    if (isDeepStrictEqual(shape, before.shape)) {
      return { system: await running(options, version, shape, before.drivers) }
    }
  } catch (error) {
    return { system: await running(options, before, before.shape, before.drivers), failed: { error } }
  }
  await before.drivers.close()
  try {
    return { system: await opened(options, version) }
  } catch (error) {
    return { system: await opened(options, before), failed: { error } }
  }
}

interface Replaced {
  readonly system: System
  readonly failed?: { readonly error: unknown }
}

async function driversFor(options: Options, shape: PlanShape): Promise<Engines> {
  const drivers = await keeping(options, shape)
  if (!options.divided) return drivers
  const elsewhere = servicesElsewhere(shape.plan, options.divided, drivers.functions)
  const close = (): Promise<void> => {
    elsewhere.close()
    return drivers.close()
  }
  return { ...drivers, elsewhere, close }
}

async function keeping(options: Options, shape: PlanShape): Promise<PlacedDrivers> {
  const { clock, baseUrl, masterKey, placement, divided } = options
  const folder = join(options.folder, shape.plan)
  const place = { folder, clock, baseUrl: baseUrl + linkPath(shape.plan) }
  if (placement) {
    if (!masterKey) throw fault('setting-missing', 'engines elsewhere need a master key from outside')
    const carried = divided && !divided.carries ? ({ carried: true } as const) : {}
    return placedDrivers(shape, { ...place, ...placement, ...carried, masterKey })
  }
  const disk = await embeddedDrivers(shape, { ...place, ...(masterKey ? { masterKey } : {}) })
  return { ...disk, disk }
}

/** Whether an S3 client asks for a bucket of the plan. */
function isUpload({ plan, buckets }: PlanShape, path: string): boolean {
  const [, bucket] = path.split('/', 2)
  return buckets.some(({ name }) => bucket === uploadPrefix(plan) + name)
}

function linkPath(plan: string): string {
  return `/links/${plan}`
}

async function running(
  { logs, fetch, background = true, divided }: Options,
  version: Version,
  shape: PlanShape,
  drivers: Engines,
): Promise<System> {
  const { plan, values, telemetry } = version
  const { elsewhere, functions } = drivers
  if (divided && !functions) refuseUnknown(plan, divided)
  await fill(drivers, plan, values)
  const share = divided && elsewhere ? { share: shareOf(plan, divided, elsewhere) } : {}
  const options = { logs, background, ...(fetch ? { fetch } : {}), ...(telemetry ? { telemetry } : {}), ...share }
  return { plan, values, telemetry, shape, drivers, runtime: await startRuntime(plan, drivers, options) }
}

async function fill(drivers: PlacedDrivers, plan: Plan, { settings, secrets }: GivenValues): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await given(drivers, settingName(plan.name, name), value)
  for (const [name, value] of Object.entries(secrets)) await given(drivers, secretName(plan.name, name), value)
}

/** A value that is the same at each start is no new version. */
async function given({ vault }: PlacedDrivers, name: string, value: string): Promise<void> {
  const known = await vault.get(name)
  if (known?.value !== value) await vault.set(name, value)
}
