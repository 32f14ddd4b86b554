/**
 * Loads a project: its `groundplan.config.ts`, and the plans and seeds this names. Everything is TypeScript, read on a
 * Node that has none (see `build.ts`), with source maps on: mistakes and stacks name the file and line as written.
 */
import { existsSync, readFileSync } from 'node:fs'
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
  /** Names this content: the same as long as no file of it changes. */
  readonly version: string
  /** Paths of the files it was made of. */
  readonly files: readonly string[]
}

/** Loads projects again and again, for as long as it is open. */
export interface Loader {
  project(folder: string): Promise<Project>
  system(project: Project, name: string): Promise<LoadedSystem>
  /** Paths of files that were read or looked for so far: also those of a system that could not be loaded. */
  files(): readonly string[]
  close(): Promise<void>
}

const configFiles = ['groundplan.config.ts', 'groundplan.config.mts', 'groundplan.config.js', 'groundplan.config.mjs']

/** Finds and reads the config, in `folder` or the nearest folder above. */
export async function loadProject(folder: string): Promise<Project> {
  await using loader = openLoader()
  return await loader.project(folder)
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
export async function loadSystems(project: Project, names: readonly string[]): Promise<readonly LoadedSystem[]> {
  await using loader = openLoader()
  return await Promise.all(names.map(name => loader.system(project, name)))
}

/** Opens a loader; close it when done. */
export function openLoader(): Loader & AsyncDisposable {
  const bundlers = new Map<string, Bundler>()
  const bundlerOf = (root: string): Bundler => {
    const bundler = bundlers.get(root) ?? openBundler(root, buildFolder(root))
    bundlers.set(root, bundler)
    return bundler
  }
  const noted = new Set<string>()
  const importer = new Importer(noted)
  const close = async (): Promise<void> => {
    await Promise.all([...bundlers.values()].map(bundler => bundler.close()))
  }
  return {
    async project(folder) {
      const { root, file } = configIn(folder)
      const text = `export { default } from ${JSON.stringify(`./${file}`)}`
      const bundle = await built(root, { name: 'groundplan.config', text }, bundlerOf(root))
      return { root, file, config: configFrom((await importer.import(root, bundle)).default, file) }
    },
    system: (project, name) => loadSystem(project, name, bundlerOf(project.root), importer),
    files: () => [...noted, ...[...bundlers.values()].flatMap(({ seen }) => [...seen])],
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function loadSystem(
  { root, config, file: configFile }: Project,
  name: string,
  bundler: Bundler,
  importer: Importer,
): Promise<LoadedSystem> {
  const path = config.systems[name] ?? ''
  const file = join(path) // without `./`
  if (!existsSync(join(root, file))) {
    throw new Failure(`The system "${name}" has no ${path}`, `write the plan, or correct its path in ${configFile}`)
  }
  const seedFile = seedFileOf(file)
  const hasSeed = existsSync(join(root, seedFile))
  const lines = [
    `export * as plan from ${quoted(file)}`,
    ...(hasSeed ? [`export * as seed from ${quoted(seedFile)}`] : []),
  ]
  const bundle = await built(root, { name, text: lines.join('\n') }, bundler)
  const module = await importer.import(root, bundle)
  const plan = planIn(module, file, name, configFile)
  const files = bundle.files.map(path => join(root, path))
  return { plan, file, version: bundle.file, files, ...(hasSeed ? { seed: seedIn(module, seedFile) } : {}) }
}

/** Where the seed of a plan's file stands, if it has one. */
export function seedFileOf(file: string): string {
  return join(dirname(file), `seed${extname(file)}`)
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

class Importer {
  readonly #noted: Set<string>
  /** Node remembers that a module failed; what it failed for may have been mended since, outside of the bundle. */
  readonly #failures = new Map<string, number>()

  /** @param noted hears of the files that are imported */
  constructor(noted: Set<string>) {
    this.#noted = noted
  }

  async import(root: string, bundle: Built): Promise<Module> {
    process.setSourceMapsEnabled(true)
    for (const file of bundle.files) this.#noted.add(join(root, file))
    const failures = this.#failures.get(bundle.file) ?? 0
    const again = failures === 0 ? '' : `?after=${failures}`
    try {
      return await import(pathToFileURL(bundle.file).href + again)
    } catch (error) {
      this.#failures.set(bundle.file, failures + 1)
      throw brokenModule(root, bundle, error)
    }
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
  const message = `${where}  ${error.name}: ${error.message}${lineText(place)}`
  return new Failure(message, 'correct it, then run the command again', 1, error)
}

/** The line as it is written, below the message. */
function lineText({ file, line }: Place): string {
  try {
    const text = readFileSync(file, 'utf8').split('\n')[line - 1]?.trim()
    return text ? `\n    ${text}` : ''
  } catch {
    return ''
  }
}

/** What cannot be linked (an import of a name that is not exported) has its place above the message. */
function linkedAt(line: string): readonly Place[] {
  const found = /^(?:file:\/\/)?(\/.+|[A-Z]:\\.+):(\d+)$/.exec(line)
  return found?.[1] === undefined ? [] : [{ file: found[1], line: Number(found[2]) }]
}
