/**
 * Handlers of other services are left out of a function's bundle, and so is what they alone import. The plan itself stays:
 * who asks whom, what is kept and who listens stand there.
 *
 * Whose handler a function is, the plan says: it is evaluated once with each property marked that may be a handler. Where
 * every function that was made at a place is a handler of other services, the property is replaced by one that says so when
 * it is called; imports that nothing else uses then fall away. What cannot be told stays: a place where no function was made,
 * or one that is no handler; and everything, where the project's own code takes handlers out of objects by name.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import type { BuildOptions, Plugin, PluginBuild } from 'esbuild'
import { fault } from 'groundplan/target'
import { type MemberExpression, type PropertyKey, parseSync, Visitor } from 'oxc-parser'
import { saidBy } from './thread.ts'

/** What handlers, views and authorizers call the function that they are. */
const names: ReadonlySet<string> = new Set(['handle', 'project', 'authorize'])

/** A property of an object that may be a handler's function. */
interface Place {
  readonly name: string
  readonly start: number
  readonly end: number
  /** The services whose handlers it makes; undefined where that cannot be told. */
  readonly services: readonly string[] | undefined
}

/** By the absolute path of the file. */
export type Places = ReadonlyMap<string, readonly Place[]>

interface Looked {
  readonly places: Map<string, readonly Omit<Place, 'services'>[]>
  /** Names that the project's code reads from objects. */
  readonly read: Set<string>
}

/**
 * Finds the handlers of a plan in its sources. `options`: those of its bundles. Faults: `unsupported`, where the plan cannot
 * be evaluated.
 */
export async function placesOf(planFile: string, resolveDir: string, options: BuildOptions): Promise<Places> {
  const { build } = await import('esbuild')
  const looked: Looked = { places: new Map(), read: new Set() }
  const contents = `import plan from ${JSON.stringify(planFile)}\nexport { plan }\nexport { partsOf } from 'groundplan/target'`
  const stdin = { contents, resolveDir, sourcefile: 'handlers.ts', loader: 'ts' } as const
  const { outputFiles = [] } = await build({ ...options, stdin, write: false, plugins: [marking(looked, resolveDir)] })
  const owners = await ownersIn(outputFiles[0]?.contents ?? new Uint8Array())
  const known = ([path, all]: [string, readonly Omit<Place, 'services'>[]]) => {
    const places = all.map(place => ({
      ...place,
      services: looked.read.has(place.name) ? undefined : owners[`${path}:${place.start}`],
    }))
    return [path, places] as const
  }
  return new Map([...looked.places].map(known))
}

/** Leaves out what a service does not handle; without a service: all handlers. */
export function withoutOthers(places: Places, service: string | undefined): Plugin {
  return {
    name: 'without-others',
    setup(build) {
      build.onResolve({ filter: /^groundplan-elsewhere$/ }, ({ path }) => ({ path, namespace: 'groundplan-elsewhere' }))
      build.onLoad({ filter: /.*/, namespace: 'groundplan-elsewhere' }, () => ({ contents: elsewhere, loader: 'js' }))
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        const gone = places.get(path)?.filter(({ services }) => services && !services.includes(service ?? ''))
        if (!gone || gone.length === 0) return undefined
        const text = await textOf(path)
        const replaced = edited(text, gone, ({ name, start, end }) => `${name}: ${stub}${linesIn(text, start, end)}`)
        return { contents: `import { ${stub} } from 'groundplan-elsewhere';${replaced}`, ...as(path) }
      })
    },
  }
}

const stub = 'groundplanElsewhere'
const elsewhere = `export function ${stub}() { throw new Error('this handler is of another service, and not in this bundle') }`

// ---------- finding them

/** Marks what may be a handler, and notes where it stands. */
function marking({ places, read }: Looked, resolveDir: string): Plugin {
  return {
    name: 'marking',
    setup(build) {
      const isOurs = frameworkOf(build, resolveDir)
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await textOf(path)
        if ((await isOurs(path)) || (isOthers(path) && !speaksOfPlans.test(text))) return undefined
        const { found, taken } = placesIn(path, text)
        for (const name of taken) read.add(name)
        if (found.length === 0) return undefined
        places.set(path, found)
        const marked = edited(text, found, ({ name, start, end }) => {
          const id = JSON.stringify(`${path}:${start}`)
          return `${name}: globalThis.groundplanMark(${id}, ({ ${text.slice(start, end)} }).${name})`
        })
        return { contents: marked, ...as(path) }
      })
    },
  }
}

const speaksOfPlans = /\bfrom ?['"]groundplan['"]/

function isOthers(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`)
}

/** Whether a file is of the framework, which knows nobody's handlers by name. */
function frameworkOf(build: PluginBuild, resolveDir: string): (path: string) => Promise<boolean> {
  let asking: Promise<string> | undefined
  const ask = async () => {
    const { path } = await build.resolve('groundplan', { resolveDir, kind: 'import-statement' })
    return dirname(path) + sep
  }
  return async path => {
    asking ??= ask()
    return path.startsWith(await asking)
  }
}

/** What an object's property or member is called, where that stands there. */
function nameOf(key: PropertyKey | MemberExpression['property'], computed: boolean): string | undefined {
  if (key.type === 'Identifier' && !computed) return key.name
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined
}

function placesIn(path: string, text: string) {
  const found: Omit<Place, 'services'>[] = []
  const taken = new Set<string>()
  const take = (name: string | undefined) => name !== undefined && names.has(name) && taken.add(name)
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) return { found, taken: names }
  new Visitor({
    ObjectExpression({ properties }) {
      for (const each of properties) {
        if (each.type !== 'Property' || each.kind !== 'init') continue
        const name = nameOf(each.key, each.computed)
        if (name !== undefined && names.has(name)) found.push({ name, start: each.start, end: each.end })
      }
    },
    ObjectPattern({ properties }) {
      for (const each of properties) if (each.type === 'Property') take(nameOf(each.key, each.computed))
    },
    MemberExpression: node => void take(nameOf(node.property, node.computed)),
  }).visit(program)
  return { found: found.filter(({ start, end }) => !found.some(each => each.start < start && end < each.end)), taken }
}

// ---------- whose they are

/** Evaluates the plan, and tells of each place whose handlers were made there. */
const asking = `
const made = new Map()
globalThis.groundplanMark = (place, does) => {
  made.set(place, [...(made.get(place) ?? []), does])
  return does
}
try {
  const { plan, partsOf } = require(folder + '/plan.js')
  const owners = new Map()
  const own = (does, service) => typeof does === 'function' && owners.set(does, [...(owners.get(does) ?? []), service.name])
  for (const { service, handler } of partsOf(plan).handlers) {
    own(handler.handle, service)
    own(handler.project, service)
    if (handler.kind === 'endpoint') own(handler.caller.authorize, service)
  }
  const said = {}
  for (const [place, all] of made) {
    if (all.every(each => owners.has(each))) said[place] = [...new Set(all.flatMap(each => owners.get(each)))]
  }
  told(said)
} catch (error) {
  failed(error)
}
`

function ownersIn(bundle: Uint8Array): Promise<Readonly<Record<string, readonly string[]>>> {
  return saidBy<Readonly<Record<string, readonly string[]>>>(asking, { 'plan.js': bundle }).catch(why => {
    throw fault('unsupported', `the plan cannot be evaluated: ${why}`)
  })
}

// ---------- texts

/** Of a package that was built: its small files, as for everything that is bundled. */
async function textOf(path: string): Promise<string> {
  const plain = path.replace(/\.js$/, '.plain.js')
  return readFile(plain !== path && existsSync(plain) ? plain : path, 'utf8')
}

function as(path: string) {
  const loader = /\.[cm]?tsx?$/.test(path) ? (path.endsWith('x') ? 'tsx' : 'ts') : path.endsWith('x') ? 'jsx' : 'js'
  return { loader, resolveDir: dirname(path) } as const
}

type Stretch = Omit<Place, 'services'>

function edited<T extends Stretch>(text: string, places: readonly T[], to: (place: T) => string): string {
  let [after, at] = ['', 0]
  for (const place of places.toSorted((one, other) => one.start - other.start)) {
    after += text.slice(at, place.start) + to(place)
    at = place.end
  }
  return after + text.slice(at)
}

/** So that source maps still name the right lines. */
function linesIn(text: string, start: number, end: number): string {
  return '\n'.repeat(text.slice(start, end).split('\n').length - 1)
}
