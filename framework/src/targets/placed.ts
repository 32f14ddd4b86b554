/**
 * Drivers of an environment: each kind is kept by the first of its engines that keeps it, and by this machine's disk where
 * none does. The disk is opened only when the plan has something for it.
 *
 * What buckets on the disk tell of new objects goes to queues on the disk, in the transaction of the object; where the
 * plan's queues are elsewhere it is sent on from there, and taken away once it is there: at least once, as everything.
 */
import { setMaxListeners } from 'node:events'
import { mkdirSync } from 'node:fs'
import type { Capabilities } from '../contract/capabilities.ts'
import { type Clock, sleep } from '../contract/clock.ts'
import type { Drivers, PlanShape } from '../contract/drivers.ts'
import type { DriverKind, Engine, Opened, Opening, ServiceFunctions } from '../contract/engine.ts'
import { mailTable } from '../contract/mail-once.ts'
import { mailQueue } from '../contract/names.ts'
import { fault, isFault } from '../contract/problems.ts'
import type { Queues } from '../contract/queue.ts'
import { schedulesOn } from '../contract/schedule.ts'
import { embeddedCapabilities } from '../embedded/capabilities.ts'
import { type EmbeddedDrivers, embeddedDrivers } from '../embedded/drivers.ts'
import { lockFolder } from '../embedded/lock.ts'
import { memoryBuckets } from '../memory/bucket.ts'
import { memoryMail } from '../memory/mail.ts'

/** Where the systems of an environment are. */
export interface Placement {
  readonly engines: readonly Engine[]
  readonly text: Opening['text']
}

export interface PlacedOptions extends Placement {
  readonly clock: Clock
  readonly masterKey: Uint8Array
  /** The plan's folder on this machine: what no engine keeps is there. One process at a time. */
  readonly folder: string
  readonly baseUrl: string
  /** Somebody else carries on what waits, and what becomes due. */
  readonly carried?: true
}

export interface PlacedDrivers extends Drivers {
  /** The disk, where the plan has something there. */
  readonly disk?: EmbeddedDrivers
  /** Services of the plan that run as functions of an engine. */
  readonly functions?: ServiceFunctions
}

type Others = Partial<Pick<Drivers, DriverKind>>

/** What the engines of an environment, and the disk beside them, offer together. */
export function capabilitiesOf(engines: readonly Engine[]): Capabilities {
  const of = (kind: DriverKind): Capabilities =>
    engines.find(({ keeps }) => keeps.includes(kind))?.capabilities ?? embeddedCapabilities
  const { databases, survives, databasesSurvive = survives } = of('databases')
  const { buckets, uploads } = of('buckets')
  return {
    ...of('store'),
    engine: engines.map(({ name }) => name).join(' and '),
    ...(databasesSurvive === 'power loss' ? {} : { databasesSurvive }),
    ...{ databases, buckets },
    ...(uploads ? { uploads } : {}),
  }
}

/** What each engine is to open: what it keeps and none before it does. */
export function partsOfEngines(engines: readonly Engine[]): ReadonlyMap<Engine, readonly DriverKind[]> {
  const taken = new Set<DriverKind>()
  const parts = new Map<Engine, readonly DriverKind[]>()
  for (const engine of engines) {
    const own = engine.keeps.filter(kind => !taken.has(kind))
    for (const kind of own) taken.add(kind)
    parts.set(engine, own)
  }
  return parts
}

/** A plan's shape, with the table that remembers which mails went out where an engine keeps mail. */
export function shapeInEnvironment(shape: PlanShape, engines: readonly Engine[]): PlanShape {
  const remembers = engines.some(({ keeps }) => keeps.includes('mail'))
  return remembers ? { ...shape, tables: [...shape.tables, mailTable] } : shape
}

/**
 * Opens what a plan of this shape keeps in an environment.
 * Faults: those of the engines, with `more.engine`; `engine-unavailable` where another process has the folder.
 */
export async function placedDrivers(plan: PlanShape, options: PlacedOptions): Promise<PlacedDrivers> {
  const shape = shapeInEnvironment(plan, options.engines)
  const closing: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0).reverse()) await each()
  }
  try {
    const disk = await openDisk(shape, options)
    closing.push(disk.close)
    let others: Others = disk.keeps
    let functions: ServiceFunctions | undefined
    for (const [engine, parts] of partsOfEngines(options.engines)) {
      const opened = await openEngine(engine, shape, { ...options, parts, others })
      closing.push(() => opened.close())
      others = { ...opened, ...others }
      functions ??= opened.functions
    }
    const drivers = whole(shape, options, others)
    const forward = forwarding(shape, drivers.queues, disk.drivers, options.clock)
    closing.push(forward.stop)
    return { ...drivers, ...(disk.drivers ? { disk: disk.drivers } : {}), ...(functions ? { functions } : {}), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openEngine(engine: Engine, shape: PlanShape, opening: Opening): Promise<Opened> {
  try {
    return await engine.open(shape, opening)
  } catch (error) {
    throw ofEngine(error, engine)
  }
}

/** Says which engine a fault is of. */
export function ofEngine(error: unknown, { name }: Engine): unknown {
  return isFault(error) ? fault(error.code, error.detail, { ...error.more, engine: name }, error) : error
}

// ---------- the disk

interface Disk {
  readonly drivers: EmbeddedDrivers | undefined
  readonly keeps: Others
  close(): Promise<void> | void
}

async function openDisk(shape: PlanShape, options: PlacedOptions): Promise<Disk> {
  const { folder, engines, clock, baseUrl, masterKey } = options
  const elsewhere = new Set(engines.flatMap(({ keeps }) => keeps))
  const left = leftFor(shape, elsewhere)
  if (!left) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const lock = lockFolder(folder)
    return { drivers: undefined, keeps: {}, close: () => lock.release() }
  }
  const drivers = await embeddedDrivers(left, { folder, clock, baseUrl, masterKey })
  const kinds = (['store', 'queues', 'schedules', 'buckets', 'databases', 'vault', 'mail'] as const).filter(
    kind => !elsewhere.has(kind),
  )
  const keeps: Others = Object.fromEntries(kinds.map(kind => [kind, drivers[kind]]))
  return { drivers, keeps, close: () => drivers.close() }
}

/** What of a plan is for the disk; undefined where nothing is. */
function leftFor(shape: PlanShape, elsewhere: ReadonlySet<DriverKind>): PlanShape | undefined {
  const has = (kind: DriverKind): boolean => !elsewhere.has(kind)
  const buckets = has('buckets') ? shape.buckets : []
  const heard = new Set(buckets.flatMap(({ createdTo }) => createdTo))
  const left = {
    plan: shape.plan,
    tables: has('store') ? shape.tables : [],
    queues: has('queues') ? shape.queues : shape.queues.filter(({ name }) => heard.has(name)),
    buckets,
    databases: has('databases') ? shape.databases : [],
  }
  const mails = has('mail') && shape.queues.some(({ name }) => name.startsWith(mailQueue('')))
  const needed = has('store') || has('queues') || has('vault') || mails || buckets.length + left.databases.length > 0
  return needed ? left : undefined
}

/** All kinds: where a plan has nothing of one, there is nothing of it. */
function whole(shape: PlanShape, { clock, engines, baseUrl }: PlacedOptions, others: Others): Omit<Drivers, 'close'> {
  const { store, queues, vault } = others
  if (!store || !queues || !vault) throw new TypeError('what no engine keeps is on the disk')
  const { schedules = schedulesOn(store, clock), mail = memoryMail({ clock }), databases = noDatabases } = others
  const none = { clock, baseUrl, key: '', bucketPrefix: `${shape.plan}-`, buckets: [], accept: () => {} }
  const { buckets = memoryBuckets(none) } = others
  return { capabilities: capabilitiesOf(engines), clock, store, queues, schedules, buckets, databases, vault, mail }
}

const noDatabases = {
  open: () => Promise.reject(fault('unsupported', 'there is no database here')),
}

// ---------- from the disk to where the queues are

const leaseMs = 60_000
const pauseMs = 1_000

function forwarding(
  { buckets }: PlanShape,
  to: Queues,
  disk: EmbeddedDrivers | undefined,
  clock: Clock,
): { stop(): Promise<void> } {
  const names = disk && disk.queues !== to ? new Set(buckets.flatMap(({ createdTo }) => createdTo)) : []
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const lanes = [...names].map(name => (disk ? forwarded(name, disk.queues, to, clock, stopping.signal) : undefined))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(lanes)
    },
  }
}

async function forwarded(queue: string, from: Queues, to: Queues, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const batch = await from.receive(queue, { max: 10, leaseMs, signal })
    try {
      // The same ids: what was sent and not taken away is known there when it is sent again.
      await to.send(
        batch.map(({ id, body, headers, orderKey }) => ({
          queue,
          id,
          body,
          headers,
          ...(orderKey === undefined ? {} : { orderKey }),
        })),
      )
      await from.done(
        queue,
        batch.map(({ lease }) => lease),
      )
    } catch (error) {
      if (!isFault(error)) throw error
      await Promise.all(batch.map(({ lease }) => from.again(queue, lease, 0)))
      await sleep(clock, pauseMs, signal)
    }
  }
}
