/**
 * What `start` and `dev` share: their flags, the check of the plans, the values from the environment, and how a process
 * that serves begins and ends.
 */
import { mistakesIn } from '../contract/plan-check.ts'
import { type Level, levels } from '../contract/telemetry.ts'
import type { Mistake } from '../plan/mistake.ts'
import { embeddedCapabilities } from '../targets/embedded.ts'
import { behindProxies } from './behind.ts'
import type { Given } from './command.ts'
import { type Environment, environmentIn, valuesOf } from './environment.ts'
import { envFlag, type PlacedAt } from './environments.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import type { LoadedSystem } from './load.ts'
import { atLeast } from './log-format.ts'
import { masterKeyIn } from './master-key.ts'
import { nearest } from './nearest.ts'
import { otlpIn, sampledIn } from './otlp.ts'
import { dataFlag, placesOf } from './places.ts'
import { portFrom } from './ports.ts'
import type { Serving, ServingOptions, SystemToServe, TelemetryOptions } from './serving.ts'
import { untilStopped } from './stopping.ts'
import type { Terminal } from './terminal.ts'
import type { Voice } from './voice.ts'

export const hostingFlags = {
  port: { type: 'string', value: '<port>', help: 'where to listen; 0 for any that is free (7400)' },
  host: { type: 'string', value: '<address>', help: 'on which address; 0.0.0.0 for all (127.0.0.1)' },
  url: { type: 'string', value: '<url>', help: 'where people reach it, when that is a proxy: links lead there' },
  proxies: { type: 'string', value: '<count>', help: 'how many proxies in a row say who called: X-Forwarded-For (0)' },
  env: envFlag,
  data: dataFlag,
  gateway: { type: 'string', value: '<name,…>', help: 'only these are open; what they ask runs with them (all)' },
  mount: { type: 'string', value: '/', help: 'the only open gateway at the root, instead of /api/<system>' },
  seed: { type: 'boolean', help: 'fill in sample data, once for each data folder' },
  'no-seed': { type: 'boolean', help: 'no sample data (the default)' },
  'no-web': { type: 'boolean', help: 'the systems alone, without a web front' },
  log: { type: 'string', value: '<level>', help: 'debug, info, warn or error; debug logs each request (info)' },
  json: { type: 'boolean', help: 'every line is JSON; the one with "event":"ready" has the address' },
} as const

type HostingFlags = Given<typeof hostingFlags>

/** What the flags say, before a project is read. */
export interface Asked
  extends Pick<ServingOptions, 'host' | 'port' | 'atRoot' | 'gateways' | 'seed' | 'accessLog' | 'proxies'> {
  readonly publicUrl?: string
  readonly level: Level
  readonly data: string | undefined
}

/** Throws a failure (wrong usage) for what does not fit. */
export function askedIn(given: HostingFlags): Asked {
  const { port = '7400', host = '127.0.0.1', gateway, mount, log = 'info', data } = given
  const number = portFrom(port)
  if (number === undefined) throw wrongUsage(`"${port}" is no port`, 'choose a number from 0 to 65535')
  if (mount !== undefined && mount !== '/')
    throw wrongUsage(`--mount takes "/" only, not "${mount}"`, 'groundplan start counter --mount /')
  const level = levels.find(each => each === log)
  if (level === undefined) throw wrongUsage(`"${log}" is no level`, `choose one of ${levels.join(', ')}`)
  if (given.seed && given['no-seed']) throw wrongUsage('--seed and --no-seed say opposite things', 'leave one away')
  return {
    ...{ port: number, host, level, data },
    ...behindProxies(given),
    ...(gateway === undefined ? {} : { gateways: gateway.split(',') }),
    ...{ atRoot: mount === '/', accessLog: level === 'debug', seed: given.seed ?? false },
  }
}

/**
 * All mistakes of plans that are to run here, or on the engines of an environment. Throws a failure (wrong usage) for a
 * gateway that no plan has, and where several would stand at the root.
 */
export function mistakesOf(
  loaded: readonly LoadedSystem[],
  { atRoot, gateways }: Asked,
  placement: PlacedAt | undefined,
): readonly Mistake[] {
  const plans = loaded.map(({ plan }) => plan)
  const mistakes = mistakesIn(plans, placement?.capabilities ?? embeddedCapabilities)
  const names = plans.flatMap(plan => Object.keys(plan.gateways))
  const unknown = gateways?.find(name => !names.includes(name))
  if (unknown !== undefined) throw noSuchGateway(unknown, names)
  const open = gateways ? names.filter(name => gateways.includes(name)) : names
  if (mistakes.length > 0 || !atRoot || open.length === 1) return mistakes
  const help = 'name one system that has one gateway, or --gateway with one name'
  throw wrongUsage(`--mount / is for one gateway, and there are ${open.length}`, help)
}

function noSuchGateway(name: string, names: readonly string[]) {
  const near = nearest(name, names)
  return wrongUsage(
    `there is no gateway "${name}"`,
    near ? `perhaps --gateway ${near}` : `there are: ${names.join(', ')}`,
  )
}

/** Tells the voice which variables nobody has set. */
export function withValues(
  loaded: readonly LoadedSystem[],
  environment: Environment,
  voice: Pick<Voice, 'missing'>,
): readonly SystemToServe[] {
  const systems = loaded.map(system => ({ ...system, values: valuesOf(system.plan, environment) }))
  const missing = systems.flatMap(({ values }) => values.missing)
  if (missing.length > 0) voice.missing(missing)
  return systems
}

/** What serving needs to know, from the flags, the project's folder and its environment. */
export async function servingOptions(
  asked: Asked,
  root: string,
  terminal: Terminal,
  voice: Pick<Voice, 'logs'>,
  placement: PlacedAt | undefined,
): Promise<{ readonly options: ServingOptions; readonly environment: Environment }> {
  const environment = await environmentIn(root, terminal.environment)
  const places = placesOf(root, terminal, asked.data, placement?.name)
  const masterKey = placement?.masterKey ?? (await masterKeyIn(root, environment))
  const options = {
    ...asked,
    ...(masterKey ? { masterKey } : {}),
    ...(placement ? { placement } : {}),
    places,
    telemetry: telemetryFrom(environment, places.telemetry, asked.level),
    logs: atLeast(asked.level, voice.logs),
  }
  return { options, environment }
}

/** What is not shown may be worth looking up: at least level info is kept. */
function telemetryFrom(environment: Environment, folder: string, level: Level): TelemetryOptions {
  const otlp = otlpIn(environment)
  const sampled = sampledIn(environment)
  return {
    folder,
    level: level === 'debug' ? 'debug' : 'info',
    ...(otlp ? { otlp } : {}),
    ...(sampled === undefined ? {} : { sampled }),
  }
}

/** Says that it is ready, and lets it serve until a signal ends it. Gives the exit code. */
export async function serveUntilStopped(
  { stop, ...serving }: Pick<Serving, 'url' | 'systems' | 'seeds' | 'data' | 'unsown' | 'stop'>,
  { host }: Asked,
  terminal: Terminal,
  voice: Voice,
): Promise<number> {
  const ended = untilStopped(terminal, {
    stopping: voice.stopping,
    stray: voice.stray,
    stop: async graceMs => voice.stopped(await stop(graceMs)),
  })
  voice.ready({ ...serving, tookMs: performance.now() })
  if (!isLoopback(host) && Object.keys(serving.seeds).length > 0) voice.warn(reachable)
  const code = await ended
  endSoon(code, terminal)
  return code
}

const reachable =
  'Other machines can reach this address, and everybody can read the keys of the sample data: --no-seed begins without'

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Something that a plan left running must not keep the process: a second is enough to let go of everything. */
function endSoon(code: number, { exit }: Terminal): void {
  setTimeout(() => exit(code === 0 ? exitCodes.done : code), 1_000).unref()
}
