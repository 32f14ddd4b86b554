/**
 * Loads a project: its `groundplan.config.ts`, and the plans and seeds this names. Everything is TypeScript, read on a
 * Node that has none (see `build.ts`), with source maps on: mistakes and stacks name the file and line as written.
 */
import { existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Place, placeIn } from '../plan/place.ts'
import type { Plan } from '../plan/plan.ts'
import type { Seed } from '../plan/seed.ts'
import { type Built, buildFolder, built } from './build.ts'
import { type Bundler, openBundler } from './bundle.ts'
import type { Config } from './config.ts'
import { Failure, wrongUsage } from './errors.ts'
import { nearest } from './nearest.ts'

export interface Project {
  /** The folder of the config: paths are from here. */
  readonly root: string
  /** The config's file name. */
  readonly file: string
  readonly config: Config
}

export interface LoadedSystem {
  readonly plan: Plan
  /** The plan's file, from the project's folder. */
  readonly file: string
  /** From `seed.ts` beside the plan, where there is one. */
  readonly seed?: Seed
}

const configFiles = ['groundplan.config.ts', 'groundplan.config.mts', 'groundplan.config.js', 'groundplan.config.mjs']

/** Finds and reads the config, in `folder` or the nearest folder above. */
export async function loadProject(folder: string): Promise<Project> {
  const { root, file } = configIn(folder)
  const text = `export { default } from ${JSON.stringify(`./${file}`)}`
  const entry = { name: 'groundplan.config', text }
  const module = await imported(root, await withBundler(root, bundler => built(root, entry, bundler)))
  return { root, file, config: configFrom(module.default, file) }
}

function configIn(folder: string): { readonly root: string; readonly file: string } {
  for (let root = resolve(folder); ; root = dirname(root)) {
    const file = configFiles.find(name => existsSync(join(root, name)))
    if (file !== undefined) return { root, file }
    if (dirname(root) === root) break
  }
  throw new Failure(
    `There is no groundplan.config.ts in ${resolve(folder)} or above it`,
    "go to the project's folder, or write one:\n" +
      "export default config({ systems: { counter: './systems/counter/plan.ts' } })  // from 'groundplan/config'",
  )
}

/** JavaScript, or a cast, may have put anything there. */
function configFrom(given: unknown, file: string): Config {
  const systems = isRecord(given) ? given.systems : undefined
  const example = "{ counter: './systems/counter/plan.ts' }"
  if (!isRecord(given) || !isRecord(systems) || !Object.values(systems).every(path => typeof path === 'string')) {
    throw new Failure(`${file} names no systems`, `export default config({ systems: ${example} })`)
  }
  const wrong = Object.keys(systems).find(name => !/^[a-z][a-z0-9-]*$/.test(name))
  if (wrong !== undefined) {
    throw new Failure(`${file}: a system is named "${wrong}"`, 'use a-z, 0-9 and -, beginning with a letter')
  }
  const { start } = given
  const unknown = Array.isArray(start) ? start.find(name => !Object.hasOwn(systems, name)) : undefined
  if (unknown !== undefined) {
    throw new Failure(
      `${file}: \`start\` names "${unknown}"`,
      `name one of \`systems\`: ${Object.keys(systems).join(', ')}`,
    )
  }
  return given as unknown as Config // as just seen
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/**
 * The systems that are meant: those named, else `otherwise`. Throws a failure (wrong usage) for a name that the config
 * does not have.
 */
export function namesMeant(
  { config: { systems }, file }: Project,
  named: readonly string[],
  otherwise: readonly string[],
): readonly string[] {
  const all = Object.keys(systems)
  const unknown = named.find(name => !all.includes(name))
  if (unknown === undefined) return [...new Set(named.length > 0 ? named : otherwise)]
  const meant = nearest(unknown, all)
  const wayOut = meant === undefined ? `${file} has: ${all.join(', ')}` : `did you mean "${meant}"?`
  throw wrongUsage(`There is no system "${unknown}"`, wayOut)
}

/** Loads systems by their names in the config. */
export function loadSystems(project: Project, names: readonly string[]): Promise<readonly LoadedSystem[]> {
  return withBundler(project.root, bundler => Promise.all(names.map(name => loadSystem(project, name, bundler))))
}

async function withBundler<T>(root: string, work: (bundler: Bundler) => Promise<T>): Promise<T> {
  const bundler = openBundler(root, buildFolder(root))
  try {
    return await work(bundler)
  } finally {
    await bundler.close()
  }
}

async function loadSystem(
  { root, config, file: configFile }: Project,
  name: string,
  bundler: Bundler,
): Promise<LoadedSystem> {
  const path = config.systems[name] ?? ''
  const file = join(path) // without `./`
  if (!existsSync(join(root, file))) {
    throw new Failure(`The system "${name}" has no ${path}`, `write the plan, or correct its path in ${configFile}`)
  }
  const seedFile = join(dirname(file), `seed${extname(file)}`)
  const hasSeed = existsSync(join(root, seedFile))
  const lines = [
    `export * as plan from ${quoted(file)}`,
    ...(hasSeed ? [`export * as seed from ${quoted(seedFile)}`] : []),
  ]
  const module = await imported(root, await built(root, { name, text: lines.join('\n') }, bundler))
  const plan = planIn(module, file, name, configFile)
  return hasSeed ? { plan, file, seed: seedIn(module, seedFile) } : { plan, file }
}

function quoted(file: string): string {
  return JSON.stringify(`./${file.replaceAll('\\', '/')}`)
}

function planIn(module: Module, file: string, name: string, configFile: string): Plan {
  const plan = defaultOf(module, 'plan')
  if (!isRecord(plan) || plan.kind !== 'plan') {
    throw new Failure(`${file} exports no plan by default`, `end it with: export default plan('${name}', { … })`)
  }
  if (plan.name !== name) {
    const wayOut = `give the plan its name in ${configFile}, or write the plan's there`
    throw new Failure(`${file}: the plan is named "${plan.name}", and ${configFile} calls it "${name}"`, wayOut)
  }
  return plan as unknown as Plan // only `plan` makes something of this kind
}

function seedIn(module: Module, file: string): Seed {
  const seed = defaultOf(module, 'seed')
  if (isRecord(seed) && seed.kind === 'seed') return seed as unknown as Seed // only `seed` makes something of this kind
  throw new Failure(`${file} exports no seed by default`, 'end it with: export default seed({ uses: { … }, … })')
}

function defaultOf(module: Module, name: string): unknown {
  const inner = module[name]
  return isRecord(inner) ? inner.default : undefined
}

type Module = Readonly<Record<string, unknown>>

async function imported(root: string, bundle: Built): Promise<Module> {
  process.setSourceMapsEnabled(true)
  try {
    return await import(pathToFileURL(bundle.file).href)
  } catch (error) {
    throw brokenModule(root, bundle, error)
  }
}

/** What a module threw while it was read, with the first place that is the project's own. */
function brokenModule(root: string, { files, packages }: Built, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1]
  if (missing !== undefined) {
    const importer = packages[missing]
    return new Failure(`${importer ?? 'A file'} imports "${missing}", which is not there`, 'npm install', 1, error)
  }
  const own = new Set(files.map(file => join(root, file)))
  const places = (error.stack ?? '').split('\n').flatMap(line => placeIn(`\n${line}`) ?? linkedAt(line))
  const place = places.find(({ file }) => own.has(file))
  if (!place) return error
  const where = `${place.file.slice(root.length + 1)}:${place.line}`
  return new Failure(`${where}  ${error.name}: ${error.message}`, 'correct it, then run the command again', 1, error)
}

/** What cannot be linked (an import of a name that is not exported) has its place above the message. */
function linkedAt(line: string): readonly Place[] {
  const found = /^(?:file:\/\/)?(\/.+|[A-Z]:\\.+):(\d+)$/.exec(line)
  return found?.[1] === undefined ? [] : [{ file: found[1], line: Number(found[2]) }]
}
