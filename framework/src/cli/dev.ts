/**
 * `groundplan dev`: the same as `start`, and each saved file is taken in while it runs: the engines and the port stay,
 * requests wait for a moment, what is kept is kept.
 *
 * The states of a system: *good*, its files are what runs; *broken*, they are not, it is said why, and the last good
 * version goes on. Each save leads to one or the other, and is told once: what changes while it is read is read again before
 * anything is said of it, for editors empty a file before they write it.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { command } from './command.ts'
import { environmentIn } from './environment.ts'
import { type PlacedAt, placementIn } from './environments.ts'
import { failureOf } from './errors.ts'
import { mistaken } from './findings.ts'
import {
  type Asked,
  askedIn,
  hostingFlags,
  mistakesOf,
  serveUntilStopped,
  servingOptions,
  withValues,
} from './hosting.ts'
import { type Loader, namesMeant, openLoader, type Project, seedFileOf } from './load.ts'
import { type Serving, type SystemToServe, serveSystems } from './serving.ts'
import type { Terminal } from './terminal.ts'
import { machineVoice, personVoice, type Voice } from './voice.ts'
import { type Marks, marksOf, openWatcher, type Watcher } from './watcher.ts'
import { withFront } from './web/join.ts'

/** What runs when a file is saved may finish for so long; requests wait meanwhile. */
const graceMs = 2_000

export const dev = command({
  name: 'dev',
  summary: 'Runs systems, and takes in each file that is saved',
  takes: '[system…]',
  about:
    'As `start`, on the same data. A saved file is taken in within half a second; the data, the engines and the address\n' +
    'stay. While a file is wrong, that is shown and the last good version answers.',
  flags: hostingFlags,
  examples: [
    ['groundplan dev', 'what the config starts, at http://127.0.0.1:7400'],
    ['groundplan dev counter --seed', 'one system, with sample data where there is none yet'],
  ],
  async run(given, named, terminal) {
    const asked = askedIn(given)
    await using loader = openLoader()
    const project = await loader.project(terminal.folder)
    const { start = Object.keys(project.config.systems) } = project.config
    const voice = given.json ? machineVoice(terminal, project.root) : personVoice(terminal, project.root)
    const names = namesMeant(project, named, start)
    const loaded = await Promise.all(names.map(name => loader.system(project, name)))
    const placement = await placementIn(project, given.env, terminal)
    const mistakes = mistakesOf(loaded, asked, placement)
    voice.mistakes(mistakes)
    if (mistakes.length > 0) throw mistaken(mistakes.length)
    const { options, environment } = await servingOptions(asked, project.root, terminal, voice, placement)
    const systems = withValues(loaded, environment, voice)
    const front = { given, project, environment, dev: true }
    const serving = await serveSystems(systems, await withFront(options, front, terminal))
    const developing = new Developing({ loader, project, asked, placement, terminal, voice, serving }, systems)
    const stop: Serving['stop'] = async graceMs => {
      await developing.end()
      return serving.stop(graceMs)
    }
    return await serveUntilStopped({ ...serving, stop }, asked, terminal, voice)
  },
})

interface Parts {
  readonly loader: Loader
  readonly project: Project
  readonly asked: Asked
  readonly placement: PlacedAt | undefined
  readonly terminal: Terminal
  readonly voice: Voice
  readonly serving: Serving
}

class Developing {
  readonly #parts: Parts
  readonly #watcher: Watcher
  /** What runs, by name. */
  readonly #running: Map<string, SystemToServe>
  /** What was to run last, by name: the same, or what could not start. */
  readonly #tried: Map<string, SystemToServe>
  /** Names of systems whose files are wrong. */
  readonly #broken = new Set<string>()
  #work: Promise<void>
  #ended = false

  constructor(parts: Parts, systems: readonly SystemToServe[]) {
    this.#parts = parts
    this.#running = new Map(systems.map(system => [system.plan.name, system]))
    this.#tried = new Map(this.#running)
    this.#watcher = openWatcher(() => {
      this.#work = this.#takeIn()
    })
    // What was saved since it was loaded.
    this.#work = this.#takeIn()
  }

  async end(): Promise<void> {
    this.#ended = true
    this.#watcher.close()
    await this.#work
  }

  /** Takes in the files as they are now; when they change meanwhile, the watcher says so again. */
  async #takeIn(): Promise<void> {
    const beganMs = performance.now()
    const { marks, systems } = await this.#readAll()
    for (const [name, read] of systems) {
      if (this.#ended) return
      await this.#takeInOne(name, read, beganMs)
    }
    if (!this.#ended) this.#watcher.watch(this.#files(), marks)
  }

  /** All systems as their files are; read again until no file has changed meanwhile. */
  async #readAll(): Promise<{ readonly marks: Marks; readonly systems: ReadonlyMap<string, Read> }> {
    for (;;) {
      const marks = marksOf(this.#files())
      const systems = new Map<string, Read>()
      for (const name of this.#running.keys()) systems.set(name, await this.#read(name))
      if (this.#ended || isDeepStrictEqual(marksOf([...marks.keys()]), marks)) return { marks, systems }
    }
  }

  async #read(name: string): Promise<Read> {
    const { loader, project, terminal } = this.#parts
    try {
      const loaded = await loader.system(await loader.project(project.root), name)
      const [system] = withValues([loaded], await environmentIn(project.root, terminal.environment), quiet)
      return { system }
    } catch (error) {
      return { error }
    }
  }

  async #takeInOne(name: string, read: Read, beganMs: number): Promise<void> {
    const { voice, serving } = this.#parts
    try {
      const system = this.#next(name, read)
      if (system === undefined) return
      const runs = this.#running.get(name)
      if (runs === undefined || !isSame(system, runs)) await serving.replace(system, graceMs)
      this.#running.set(name, system)
      this.#broken.delete(name)
      voice.takenIn(name, performance.now() - beganMs)
    } catch (error) {
      this.#broken.add(name)
      voice.broken(failureOf(error))
    }
  }

  /** The system that was read; undefined when there is nothing new. Throws a failure for what cannot run. */
  #next(name: string, read: Read): SystemToServe | undefined {
    const { asked, placement, voice } = this.#parts
    if ('error' in read) throw read.error
    const { system } = read
    const tried = this.#tried.get(name)
    const back = this.#running.get(name)
    if (system === undefined) return undefined
    if (tried && isSame(system, tried) && !(this.#broken.has(name) && back && isSame(system, back))) return undefined
    const others = [...this.#running.values()].filter(({ plan }) => plan.name !== name)
    const mistakes = mistakesOf([system, ...others], asked, placement)
    voice.mistakes(mistakes)
    if (mistakes.length > 0) throw mistaken(mistakes.length)
    this.#tried.set(name, system)
    return system
  }

  #files(): readonly string[] {
    const { project, loader } = this.#parts
    const beside = ['.env', 'tsconfig.json', 'package.json'].map(file => join(project.root, file))
    const seeds = [...this.#running.values()].map(({ file }) => seedFileOf(join(project.root, file)))
    return [...new Set([...loader.files(), ...beside, ...seeds])]
  }
}

/** A system as its files are, or why they are none. */
type Read = { readonly system: SystemToServe | undefined } | { readonly error: unknown }

const quiet = { missing: () => {} }

function isSame(left: SystemToServe, right: SystemToServe): boolean {
  return left.version === right.version && isDeepStrictEqual(left.values, right.values)
}
