/**
 * `groundplan start`: checks the plans, brings the systems up in this process, serves them until a signal ends it.
 */
import { mistakesIn } from '../contract/plan-check.ts'
import { type Level, levels } from '../contract/telemetry.ts'
import { inMemoryCapabilities } from '../targets/in-memory.ts'
import { command, type Given } from './command.ts'
import { type Environment, environmentIn, valuesOf } from './environment.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { mistaken } from './findings.ts'
import { telemetryFolder } from './kept.ts'
import { type LoadedSystem, loadProject, loadSystems, namesMeant } from './load.ts'
import { atLeast } from './log-format.ts'
import { otlpIn, sampledIn } from './otlp.ts'
import { portFrom } from './ports.ts'
import { type ServingOptions, type SystemToServe, serveSystems, type TelemetryOptions } from './serving.ts'
import { untilStopped } from './stopping.ts'
import type { Terminal } from './terminal.ts'
import { machineVoice, personVoice, type Voice } from './voice.ts'

const flags = {
  port: { type: 'string', value: '<port>', help: 'where to listen; 0 for any that is free (7400)' },
  host: { type: 'string', value: '<address>', help: 'on which address; 0.0.0.0 for all (127.0.0.1)' },
  mount: { type: 'string', value: '/', help: 'one system with one gateway, at the root instead of /api/<system>' },
  seed: { type: 'boolean', help: 'fill it with sample data (the default in memory)' },
  'no-seed': { type: 'boolean', help: 'begin empty' },
  log: { type: 'string', value: '<level>', help: 'debug, info, warn or error; debug logs each request (info)' },
  json: { type: 'boolean', help: 'every line is JSON; the one with "event":"ready" has the address' },
} as const

export const start = command({
  name: 'start',
  summary: 'Runs systems in this process, in memory',
  takes: '[system…]',
  about:
    'Starts the systems that groundplan.config.ts names in `start`, or those named here. Ctrl-C stops it: what runs may\n' +
    'finish, for 10 seconds at most. A second Ctrl-C stops it at once.',
  flags,
  examples: [
    ['groundplan start', 'what the config starts, at http://127.0.0.1:7400'],
    ['groundplan start counter --mount / --port 8080', 'one system, its routes at the root'],
    ['groundplan start --no-seed --json', 'empty, for a script that waits for "ready"'],
  ],
  async run(given, named, terminal) {
    const options = optionsFrom(given)
    const project = await loadProject(terminal.folder)
    const { systems, start = Object.keys(systems) } = project.config
    const voice = given.json ? machineVoice(terminal, project.root) : personVoice(terminal, project.root)
    const loaded = await loadSystems(project, namesMeant(project, named, start))
    refuseMistakes(loaded, options, voice)
    const environment = await environmentIn(project.root, terminal.environment)
    const toServe = withValues(loaded, environment, voice)
    const telemetry = telemetryFrom(environment, project.root, options)
    const logs = atLeast(options.level, voice.logs)
    return serveUntilStopped(toServe, { ...options, telemetry, logs }, terminal, voice)
  },
})

type StartOptions = Omit<ServingOptions, 'logs' | 'telemetry'> & { readonly level: Level }

function optionsFrom({
  port = '7400',
  host = '127.0.0.1',
  mount,
  log = 'info',
  ...given
}: Given<typeof flags>): StartOptions {
  const number = portFrom(port)
  if (number === undefined) throw wrongUsage(`"${port}" is no port`, 'choose a number from 0 to 65535')
  if (mount !== undefined && mount !== '/')
    throw wrongUsage(`--mount takes "/" only, not "${mount}"`, 'groundplan start counter --mount /')
  const level = levels.find(each => each === log)
  if (level === undefined) throw wrongUsage(`"${log}" is no level`, `choose one of ${levels.join(', ')}`)
  if (given.seed && given['no-seed']) throw wrongUsage('--seed and --no-seed say opposite things', 'leave one away')
  return { port: number, host, atRoot: mount === '/', level, accessLog: level === 'debug', seed: !given['no-seed'] }
}

function refuseMistakes(loaded: readonly LoadedSystem[], { atRoot }: StartOptions, voice: Voice): void {
  const plans = loaded.map(({ plan }) => plan)
  const mistakes = mistakesIn(plans, inMemoryCapabilities)
  voice.mistakes(mistakes)
  if (mistakes.length > 0) throw mistaken(mistakes.length)
  const gateways = plans.flatMap(({ gateways }) => Object.keys(gateways)).length
  if (!atRoot || gateways === 1) return
  throw wrongUsage(`--mount / is for one gateway, and there are ${gateways}`, 'name one system that has one gateway')
}

function withValues(loaded: readonly LoadedSystem[], environment: Environment, voice: Voice): readonly SystemToServe[] {
  const systems = loaded.map(system => ({ ...system, values: valuesOf(system.plan, environment) }))
  const missing = systems.flatMap(({ values }) => values.missing)
  if (missing.length > 0) voice.missing(missing)
  return systems
}

/** What is not shown may be worth looking up: at least level info is kept. */
function telemetryFrom(environment: Environment, root: string, { level }: StartOptions): TelemetryOptions {
  const otlp = otlpIn(environment)
  const sampled = sampledIn(environment)
  return {
    folder: telemetryFolder(root),
    level: level === 'debug' ? 'debug' : 'info',
    ...(otlp ? { otlp } : {}),
    ...(sampled === undefined ? {} : { sampled }),
  }
}

async function serveUntilStopped(
  systems: readonly SystemToServe[],
  options: ServingOptions,
  terminal: Terminal,
  voice: Voice,
): Promise<number> {
  const { stop, ...serving } = await serveSystems(systems, options)
  const ended = untilStopped(terminal, {
    stopping: voice.stopping,
    stray: voice.stray,
    stop: async graceMs => voice.stopped(await stop(graceMs)),
  })
  voice.ready({ ...serving, tookMs: performance.now() })
  if (!isLoopback(options.host) && Object.keys(serving.seeds).length > 0) voice.warn(reachable)
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
