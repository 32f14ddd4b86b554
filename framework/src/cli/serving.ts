/**
 * Brings systems up and serves them: a runtime each, their sample data, one server for all; and takes them down again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { baseOf } from '../http/addresses.ts'
import { type Served, serve } from '../http/node.ts'
import type { Seed } from '../plan/seed.ts'
import type { LogSink } from '../runtime/log.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type InMemory, inMemory, type VaultValues } from '../targets/in-memory.ts'
import { logged } from './access-log.ts'
import type { LoadedSystem } from './load.ts'
import { listenFailure } from './ports.ts'
import { rootPage, type ShownSystem } from './root-page.ts'
import { spanRing } from './spans.ts'
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
}

export interface Serving extends Omit<Ready, 'tookMs'> {
  /** Takes no more work; gives the names of what had not ended after `graceMs`. */
  stop(graceMs: number): Promise<readonly string[]>
}

/** Starts systems whose plans have been checked. When one fails, those that were started are stopped again. */
export async function serveSystems(systems: readonly SystemToServe[], options: ServingOptions): Promise<Serving> {
  const { host, port, logs } = options
  const memory = inMemory({ logs, telemetry: spanRing(), baseUrl: addressText(host, port) })
  try {
    const seeds = await startAll(systems, memory, options.seed)
    const served = await openDoors(memory, options)
    const url = addressText(host, served.port)
    const shown = memory.runtimes.map(runtime => shownSystem(runtime, url, options.atRoot))
    return { url, systems: shown, seeds, stop: graceMs => stopAll(memory, served, graceMs) }
  } catch (error) {
    await memory.stop(0)
    throw error
  }
}

async function startAll(systems: readonly SystemToServe[], memory: InMemory, seeded: boolean): Promise<Ready['seeds']> {
  const said: Record<string, readonly string[]> = {}
  for (const { plan, values, seed } of systems) {
    const runtime = await memory.start(plan, values)
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

async function stopAll(memory: InMemory, served: Served, graceMs: number): Promise<readonly string[]> {
  await Promise.all([served.close(graceMs), memory.stop(graceMs)])
  return memory.runtimes.flatMap(({ plan, activity }) => activity.names().map(name => `${plan.name} ${name}`))
}
