/**
 * Brings systems up on disk and serves them: the port first, so that their links know it, then a runtime each, their
 * sample data, their doors; puts new versions in the place of those that run; and takes everything down again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { problems } from '../contract/problem-table.ts'
import type { Level, LogSink } from '../contract/telemetry.ts'
import { baseOf } from '../http/addresses.ts'
import { internalAnswerer, internalPath } from '../http/internal.ts'
import { linksTo } from '../http/links.ts'
import type { Extras } from '../http/node/elsewhere.ts'
import { type Served, serve } from '../http/node.ts'
import type { Seed } from '../plan/seed.ts'
import type { Door } from '../runtime/door.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Divided } from '../targets/divided.ts'
import { type EmbeddedTarget, embedded, type GivenValues, refuseHeld } from '../targets/embedded.ts'
import type { Placement } from '../targets/placed.ts'
import { type KeepOptions, keepTelemetry, systemClock, type TelemetryKeeper } from '../targets/telemetry.ts'
import { logged } from './access-log.ts'
import { Controls } from './controls.ts'
import { diskFailure } from './disk.ts'
import { Doorway } from './doorway.ts'
import type { LoadedSystem } from './load.ts'
import { atLeast } from './log-format.ts'
import { type Places, systemFolder } from './places.ts'
import { listenFailure } from './ports.ts'
import { rootPage, type ShownSystem } from './root-page.ts'
import { saidBefore, sownOnce } from './seeding.ts'
import type { Ready } from './voice.ts'
import type { Front, OpenFront } from './web/front.ts'
import { systemsAnswerer, systemsPath } from './web/systems.ts'
import { readyForDatabases } from './web-assembly.ts'

export interface SystemToServe extends LoadedSystem {
  readonly values: GivenValues
}

export interface ServingOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Whether the only gateway stands at the root. */
  readonly atRoot: boolean
  /** The names of the gateways that are open. Default: all. */
  readonly gateways?: readonly string[]
  /** Whether systems that have none yet get their sample data. */
  readonly seed: boolean
  readonly places: Places
  /** Where people reach it, when a proxy stands before it. Default: where it listens. */
  readonly publicUrl?: string
  /** How many proxies stand before it, of which each says who called it. */
  readonly proxies: number
  /** Seals the vaults. Default: each has a key of its own beside it, for development. */
  readonly masterKey?: Uint8Array
  /** Where they are kept instead of the disk. */
  readonly placement?: Placement
  /** What of the systems runs here, where other processes run the rest of them. Default: all. */
  readonly divided?: Divided
  /** Names of all systems of the project, of which some run: the pages show the others as well. Default: those that run. */
  readonly known?: readonly string[]
  readonly logs: LogSink
  /** Whether each request is logged, at level debug. */
  readonly accessLog: boolean
  readonly telemetry: TelemetryOptions
  /** Starts the web front, which then answers what is not the systems' own. Default: there is a plain page at `/`. */
  readonly front?: OpenFront
}

/** Where telemetry is kept and goes. */
export interface TelemetryOptions extends Omit<KeepOptions, 'report'> {
  readonly folder: string
  /** From which level on log records are kept. */
  readonly level: Level
}

export interface Serving extends Omit<Ready, 'tookMs'> {
  /**
   * Puts a new version in the place of the one that runs. Requests that come meanwhile wait. When the new one cannot
   * start, the one before runs again, and the reason is thrown.
   */
  replace(system: SystemToServe, graceMs: number): Promise<void>
  /** Takes no more work; gives the names of what had not ended after `graceMs`. */
  stop(graceMs: number): Promise<readonly string[]>
}

/**
 * Starts systems whose plans have been checked. When one fails, those that were started are stopped again.
 * Faults: those of the engines (`engine-unavailable`, `data-damaged`, `plan-invalid`, …).
 */
export async function serveSystems(systems: readonly SystemToServe[], options: ServingOptions): Promise<Serving> {
  refuseOthers(systems, options.places)
  const kept = keepTelemetry(options.telemetry.folder, systemClock(), { ...options.telemetry, report: options.logs })
  const open = new Open(options, kept)
  try {
    await open.listen()
    const seeds = await open.start(systems)
    open.answer()
    return {
      url: open.url,
      systems: open.shown(),
      ...seeds,
      data: options.places.folder,
      replace: (system, graceMs) => open.replace(system, graceMs),
      stop: graceMs => open.stop(graceMs),
    }
  } catch (error) {
    await open.stop(0)
    throw diskFailure(error, options.places.folder)
  }
}

/** Before the port is asked for: who started it twice has both, and this is what to say. */
function refuseOthers(systems: readonly SystemToServe[], { data, folder }: Places): void {
  try {
    const names = systems.map(({ plan }) => plan.name)
    refuseHeld(data, names)
  } catch (error) {
    throw diskFailure(error, folder)
  }
}

/** What a process has open while it serves. */
class Open {
  readonly #options: ServingOptions
  readonly #kept: TelemetryKeeper
  readonly #logs: LogSink
  readonly #doorways = new Map<string, Doorway>()
  readonly #clock = systemClock()
  readonly #controls: Controls
  readonly #front: Front | undefined
  #answers = false
  #target: EmbeddedTarget | undefined
  #served: Served | undefined
  url = ''

  constructor(options: ServingOptions, kept: TelemetryKeeper) {
    const keptLogs = atLeast(options.telemetry.level, kept.logs)
    this.#options = options
    this.#front = options.front?.open()
    this.#kept = kept
    this.#logs = record => {
      options.logs(record)
      keptLogs(record)
    }
    const started = () => this.#target?.started ?? []
    this.#controls = new Controls({ data: options.places.data, clock: this.#clock, logs: this.#logs, started })
  }

  get #runtimes(): readonly Runtime[] {
    return this.#target?.runtimes ?? []
  }

  shown(url = this.url): readonly ShownSystem[] {
    return this.#runtimes.map(runtime => shownSystem(runtime, url, this.#options))
  }

  /** Takes the port; until there are doors, requests are asked to come again. */
  async listen(): Promise<void> {
    const { host, port, atRoot, gateways, proxies, known = [] } = this.#options
    const links = linksTo({
      isLink: path => this.#target?.isLink(path) ?? false,
      follow: async request => this.#target?.follow(request),
    })
    try {
      this.#served = await serve([], {
        clock: this.#clock,
        report: error => this.#report(error),
        extra: {
          '/links': links,
          ...this.#forOthers(),
          [systemsPath]: systemsAnswerer(known, () => this.shown('')),
          '/': async (request, response) =>
            (await links(request, response)) ||
            this.#front?.answer(request, response) ||
            this.#atRoot(request, response),
        },
        ...(this.#front?.upgrade ? { upgrade: this.#front.upgrade } : {}),
        ...{ host, port, trustProxy: proxies },
        ...(atRoot ? { mount: '/' } : {}),
        ...(gateways ? { gateways } : {}),
      })
    } catch (error) {
      throw await listenFailure(error, host, port)
    }
    const own = addressText(host, this.#served.port)
    this.#front?.locate(own)
    this.url = this.#options.publicUrl ?? own
    this.#target = this.#targetAt(this.url)
  }

  #targetAt(baseUrl: string): EmbeddedTarget {
    const { places, masterKey, placement, divided } = this.#options
    const options = { folder: places.data, baseUrl, clock: this.#clock, logs: this.#logs }
    const elsewhere = { ...(placement ? { placement } : {}), ...(divided ? { divided } : {}) }
    return embedded({ ...options, ...(masterKey ? { masterKey } : {}), ...elsewhere })
  }

  /** Where nobody else runs a part of these systems, nobody else asks them. */
  #forOthers(): Extras {
    if (!this.#options.divided) return {}
    const runtimeOf = (name: string) => this.#runtimes.find(({ plan }) => plan.name === name)
    return { [internalPath]: internalAnswerer(runtimeOf) }
  }

  /** Gives what each seed said. */
  async start(systems: readonly SystemToServe[]): Promise<Pick<Ready, 'seeds' | 'unsown'>> {
    const sinceMs = this.#clock.now()
    this.#kept.measure(() =>
      this.#runtimes.map(({ plan, metrics }) => ({ plan: plan.name, sinceMs, handlers: metrics.totals() })),
    )
    const seeds: Record<string, readonly string[]> = {}
    const unsown: string[] = []
    for (const system of systems) {
      const { plan, values, seed } = system
      await readyForDatabases(plan)
      const runtime = await this.#target?.start(plan, values, this.#kept.telemetry(plan.name))
      if (!runtime) continue
      this.#doorways.set(plan.name, new Doorway(this.#doorOf(runtime)))
      const said = seed && (await this.#sow(runtime, seed))
      if (said) seeds[plan.name] = said
      else if (seed) unsown.push(plan.name)
      await this.#controls.open(system)
    }
    return { seeds, unsown }
  }

  /** Also what was sown at an earlier start is said. */
  #sow(runtime: Runtime, seed: Seed): Promise<readonly string[] | undefined> {
    const folder = systemFolder(this.#options.places.data, runtime.plan.name)
    return this.#options.seed ? sownOnce(folder, runtime, seed) : saidBefore(folder)
  }

  /** From now on requests reach the systems. */
  answer(): void {
    this.#answers = true
    this.#served?.replace([...this.#doorways.values()].map(doorway => doorway.door()))
  }

  async replace(system: SystemToServe, graceMs: number): Promise<void> {
    const { plan, values } = system
    const doorway = this.#doorways.get(plan.name)
    doorway?.hold()
    try {
      await this.#target?.replace(plan, values, graceMs)
      this.#controls.renew(system)
    } finally {
      const runtime = this.#runtimes.find(each => each.plan.name === plan.name)
      if (runtime) doorway?.open(this.#doorOf(runtime))
      this.answer()
    }
  }

  async stop(graceMs: number): Promise<readonly string[]> {
    const untilMs = this.#clock.now() + graceMs
    await Promise.all([
      this.#front?.stop(),
      this.#served?.close(graceMs),
      this.#controls.close(graceMs),
      this.#target?.stop(graceMs),
    ])
    const leftMs = untilMs - this.#clock.now()
    await this.#kept.close(Math.min(mostGraceMs, Math.max(leastGraceMs, leftMs)))
    return this.#runtimes.flatMap(({ plan, activity }) => activity.names().map(name => `${plan.name} ${name}`))
  }

  #doorOf({ door }: Runtime): Door {
    return this.#options.accessLog ? logged(door, this.#logs) : door
  }

  #report(error: unknown): void {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
    const fields = { error: { name, message, stack } }
    const atMs = this.#clock.now()
    this.#logs({ level: 'error', atMs, plan: 'groundplan', message: 'the door failed', fields })
  }

  /** Answers at `/` alone, unless an endpoint does; everything else is left to the server, which refuses it with a problem. */
  #atRoot({ url, method = '' }: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#answers) return comeAgain(response)
    if (url?.split('?')[0] !== '/' || !['GET', 'HEAD'].includes(method)) return false
    const page = rootPage(this.shown(''))
    response.writeHead(200, { ...pageHeaders, 'content-length': Buffer.byteLength(page) })
    response.end(method === 'HEAD' ? undefined : page)
    return true
  }
}

/** While systems are still being started. */
function comeAgain(response: ServerResponse): boolean {
  response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' })
  const problem = { title: problems.overloaded.title, status: 503, code: 'overloaded', detail: 'still starting' }
  response.end(JSON.stringify(problem))
  return true
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

function shownSystem({ plan, door }: Runtime, url: string, { atRoot, gateways: open }: ServingOptions): ShownSystem {
  const names = Object.keys(plan.gateways)
  const gateways = (open ? names.filter(name => open.includes(name)) : names).map(name => {
    const base = baseOf(plan.name, name, names.length, atRoot)
    const endpoints = door.routes.filter(route => route.gateway === name).length
    return { name, url: url + base, docs: `${url}${base}/docs`, endpoints }
  })
  return { name: plan.name, ...(plan.title === undefined ? {} : { title: plan.title }), gateways }
}

/** As a person opens it: all addresses of this machine are reached as `localhost`. */
function addressText(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** For what telemetry is left when all else has ended: nobody waits for a collector longer than this. */
const mostGraceMs = 2_000
const leastGraceMs = 300
