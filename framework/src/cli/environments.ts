/**
 * Environments: where `--env` leads. Their variables are looked up here, in the process's environment and in `.env`; what
 * is missing is told all at once, by name.
 */
import { randomBytes } from 'node:crypto'
import type { Capabilities } from '../contract/capabilities.ts'
import type { DriverKind, Engine, FromEnv } from '../contract/engine.ts'
import { capabilitiesOf, type Placement } from '../targets/placed.ts'
import type { EnvironmentOf } from './config.ts'
import { type Environment, environmentIn } from './environment.ts'
import { Failure, wrongUsage } from './errors.ts'
import type { Project } from './load.ts'
import { masterKeyIn } from './master-key.ts'
import { nearest } from './nearest.ts'
import type { Terminal } from './terminal.ts'

/** The flag that names an environment. */
export const envFlag = {
  type: 'string',
  value: '<name>',
  help: 'an environment of the config, instead of the disk ($GROUNDPLAN_ENV)',
} as const

/** Engines elsewhere, and what is needed to open them. */
export interface PlacedAt extends Placement {
  /** The environment's name. */
  readonly name: string
  readonly capabilities: Capabilities
  readonly masterKey: Uint8Array
}

/** The name that is meant: of the flag, else of the variable. */
export function envMeant(env: string | undefined, { environment }: Pick<Terminal, 'environment'>): string | undefined {
  return env ?? (environment.GROUNDPLAN_ENV || undefined)
}

/** Throws a failure (wrong usage) for a name that the config does not have. */
export function environmentNamed({ config: { environments = {} }, file }: Project, name: string): EnvironmentOf {
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (found) return found
  const all = Object.keys(environments)
  const meant = nearest(name, all)
  if (meant !== undefined) throw wrongUsage(`There is no environment "${name}"`, `did you mean "${meant}"?`)
  const wayOut =
    all.length > 0 ? `${file} has: ${all.join(', ')}` : `name it in ${file}: environments: { ${name}: { drivers: … } }`
  throw wrongUsage(`There is no environment "${name}"`, wayOut)
}

/**
 * Where an environment keeps things; undefined where none is meant, or it names no drivers: then it is the disk. Throws a
 * failure that names all variables that are missing.
 */
export async function placementIn(
  project: Project,
  env: string | undefined,
  terminal: Terminal,
): Promise<PlacedAt | undefined> {
  const name = envMeant(env, terminal)
  if (name === undefined) return undefined
  const { drivers = [] } = environmentNamed(project, name)
  const engines = isEngine(drivers) ? [drivers] : drivers
  if (engines.length === 0) return undefined
  const environment = await environmentIn(project.root, terminal.environment)
  const given = await masterKeyIn(project.root, environment)
  const masterKey = given ?? (sealsBySelf(engines) ? nobodysKey() : undefined)
  refuseMissing(name, [...engines.flatMap(({ variables }) => variables), ...(masterKey ? [] : [keyFile])], environment)
  if (!masterKey) throw new TypeError('refused before')
  return { name, engines, masterKey, text: value => textOf(value, environment), capabilities: capabilitiesOf(engines) }
}

const keyFile = 'GROUNDPLAN_MASTER_KEY_FILE'

/** Whether all that a master key is for is kept by engines that have keys of their own. */
function sealsBySelf(engines: readonly Engine[]): boolean {
  const sealed: readonly DriverKind[] = ['vault', 'buckets']
  return sealed.every(kind => engines.find(({ keeps }) => keeps.includes(kind))?.ownKeys)
}

/** Never the same again: what would be sealed with it is noticed at once. */
function nobodysKey(): Uint8Array {
  return randomBytes(32)
}

function isEngine(drivers: Engine | readonly Engine[]): drivers is Engine {
  return 'kind' in drivers
}

function refuseMissing(name: string, variables: readonly string[], environment: Environment): void {
  const missing = [...new Set(variables)].filter(variable => !environment[variable])
  if (missing.length === 0) return
  const key = missing.includes(keyFile) ? [`${keyFile} names a file with the master key: openssl rand -hex 32`] : []
  const wayOut = ['set them in the environment, or in .env beside the config', ...key].join('\n')
  throw new Failure(`The environment "${name}" needs variables that are not set:\n  ${missing.join('\n  ')}`, wayOut)
}

function textOf(value: string | FromEnv, environment: Environment): string {
  return typeof value === 'string' ? value : (environment[value.variable] ?? '')
}
