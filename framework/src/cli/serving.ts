/**
 * Brings systems up and serves them: a runtime each, their sample data, one server for all; and takes them down again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Level, LogSink } from '../contract/telemetry.ts'
import { baseOf } from '../http/addresses.ts'
import { type Served, serve } from '../http/node.ts'
import type { Seed } from '../plan/seed.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type InMemory, inMemory, type VaultValues } from '../targets/in-memory.ts'
import { type KeepOptions, keepTelemetry, systemClock, type TelemetryKeeper } from '../targets/telemetry.ts'
import { logged } from './access-log.ts'
import type { LoadedSystem } from './load.ts'
import { atLeast } from './log-format.ts'
import { listenFailure } from './ports.ts'
import { rootPage, type ShownSystem } from './root-page.ts'
import type { Ready } from './voice.ts'

export interface SystemToServe extends LoadedSystem {
  readonly values: VaultValues
}

export interface ServingOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Whether the only gateway stands at the root. */
  readonly atRoot: boolean
  readonly seed: boolean
  readonly logs: LogSink
  /** Whether each request is logged, at level debug. */
  readonly accessLog: boolean
  readonly telemetry: TelemetryOptions
}

/** Where telemetry is kept and goes. */
export interface TelemetryOptions extends Omit<KeepOptions, 'report'> {
  readonly folder: string
  /** From which level on log records are kept. */
  readonly level: Level
}

export interface Serving extends Omit<Ready, 'tookMs'> {
  /** Takes no more work; gives the names of what had not ended after `graceMs`. */
  stop(graceMs: number): Promise<readonly string[]>
}

/** What a process has open while it serves. */
interface Open {
  readonly memory: InMemory
  readonly kept: TelemetryKeeper
}

/** Starts systems whose plans have been checked. When one fails, those that were started are stopped again. */
export async function serveSystems(systems: readonly SystemToServe[], options: ServingOptions): Promise<Serving> {
  const { host, port, seed, telemetry } = options
  const kept = keepTelemetry(telemetry.folder, systemClock(), { ...telemetry, report: options.logs })
  const keptLogs = atLeast(telemetry.level, kept.logs)
  const logs: LogSink = record => {
    options.logs(record)
    keptLogs(record)
  }
  const open: Open = { memory: inMemory({ logs, baseUrl: addressText(host, port) }), kept }
  measure(open)
  try {
    const seeds = await startAll(systems, open, seed)
    const served = await openDoors(open.memory, { ...options, logs })
    const url = addressText(host, served.port)
    const shown = open.memory.runtimes.map(runtime => shownSystem(runtime, url, options.atRoot))
    return { url, systems: shown, seeds, stop: graceMs => stopAll(open, served, graceMs) }
  } catch (error) {
    await open.memory.stop(0)
    await kept.close(leastGraceMs)
    throw error
  }
}

function measure({ memory, kept }: Open): void {
  const sinceMs = memory.clock.now()
  kept.measure(() =>
    memory.runtimes.map(({ plan, metrics }) => ({ plan: plan.name, sinceMs, handlers: metrics.totals() })),
  )
}

async function startAll(
  systems: readonly SystemToServe[],
  { memory, kept }: Open,
  seeded: boolean,
): Promise<Ready['seeds']> {
  const said: Record<string, readonly string[]> = {}
  for (const { plan, values, seed } of systems) {
    const runtime = await memory.start(plan, values, kept.telemetry(plan.name))
    if (seeded && seed) said[plan.name] = await sow(runtime, seed)
  }
  return said
}

async function sow(runtime: Runtime, { uses, handle }: Seed): Promise<readonly string[]> {
  const said = await runtime.as('seed', uses, handle)
  return Array.isArray(said) ? said.map(String) : []
}

async function openDoors({ runtimes, clock }: InMemory, options: ServingOptions): Promise<Served> {
  const { host, port, atRoot, logs, accessLog } = options
  const doors = runtimes.map(({ door }) => (accessLog ? logged(door, logs) : door))
  const report = (error: unknown): void => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
    const fields = { error: { name, message, stack } }
    logs({ level: 'error', atMs: clock.now(), plan: 'groundplan', message: 'the door failed', fields })
  }
  const extra = { '/': rootAnswerer(runtimes, atRoot) }
  try {
    return await serve(doors, { clock, report, host, port, extra, ...(atRoot ? { mount: '/' } : {}) })
  } catch (error) {
    throw await listenFailure(error, host, port)
  }
}

/** Answers at `/` alone, unless an endpoint does; everything else is left to the server, which refuses it with a problem. */
function rootAnswerer(runtimes: readonly Runtime[], atRoot: boolean) {
  return ({ url, method = '' }: IncomingMessage, response: ServerResponse): boolean => {
    if (url?.split('?')[0] !== '/' || !['GET', 'HEAD'].includes(method)) return false
    const page = rootPage(runtimes.map(runtime => shownSystem(runtime, '', atRoot)))
    response.writeHead(200, { ...pageHeaders, 'content-length': Buffer.byteLength(page) })
    response.end(method === 'HEAD' ? undefined : page)
    return true
  }
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

function shownSystem({ plan, door }: Runtime, url: string, atRoot: boolean): ShownSystem {
  const names = Object.keys(plan.gateways)
  const gateways = names.map(name => {
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

async function stopAll({ memory, kept }: Open, served: Served, graceMs: number): Promise<readonly string[]> {
  const untilMs = memory.clock.now() + graceMs
  await Promise.all([served.close(graceMs), memory.stop(graceMs)])
  const leftMs = untilMs - memory.clock.now()
  await kept.close(Math.min(mostGraceMs, Math.max(leastGraceMs, leftMs)))
  return memory.runtimes.flatMap(({ plan, activity }) => activity.names().map(name => `${plan.name} ${name}`))
}
