/**
 * Bundles what is written in TypeScript into `.groundplan/build/`, for a Node that reads none. A bundle is named by the
 * hash of its content and made again only when one of its files changed: beside it stands a note of what they were.
 * Packages stay outside, so that a plan and the framework share one `groundplan` and one `zod`.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bundler, Entry } from './bundle.ts'
import { ownVersion } from './version.ts'

export interface Built {
  /** The bundle, to be imported. */
  readonly file: string
  /** The project's files in it, from the project's folder. */
  readonly files: readonly string[]
  /** The packages it imports, each with a file that does. */
  readonly packages: Readonly<Record<string, string>>
}

interface Mark {
  readonly mtimeMs: number
  readonly size: number
  readonly hash: string
}

/** What is written beside a bundle. */
interface Note {
  /** Of everything but files: the entry and the versions that made it. */
  readonly made: string
  readonly output: string
  readonly inputs: Readonly<Record<string, Mark>>
  readonly packages: Readonly<Record<string, string>>
}

/** So long another process may still be about to import a bundle that was replaced. */
const keptMs = 3_600_000

/** Files that say how the others are read. */
const settings = ['tsconfig.json', 'package.json']

export function buildFolder(root: string): string {
  return join(root, '.groundplan', 'build')
}

/**
 * Gives the bundle of an entry, made anew where something changed. A file that cannot be read fails with its place.
 * @param root the project's folder
 */
export async function built(root: string, entry: Entry, bundler: Bundler): Promise<Built> {
  const made = digest(`${await ownVersion()} ${process.versions.node.split('.')[0]} ${entry.text}`)
  const noted = readNote(root, entry)
  const note = noted && isFresh(root, noted, made) ? noted : await build(root, entry, made, bundler)
  const files = Object.keys(note.inputs).filter(path => !settings.includes(path))
  return { file: join(buildFolder(root), note.output), files, packages: note.packages }
}

function readNote(root: string, { name }: Entry): Note | undefined {
  try {
    // Written by `build` alone; a note of another version does not have its `made`.
    return JSON.parse(readFileSync(notePath(root, name), 'utf8')) as Note
  } catch {
    return undefined // never built, or half-written by a process that was killed: build
  }
}

function isFresh(root: string, { made, output, inputs }: Note, wanted: string): boolean {
  if (made !== wanted || !existsSync(join(buildFolder(root), output))) return false
  return Object.entries(inputs).every(([path, mark]) => isSame(join(root, path), mark))
}

/** Size and time tell nearly always; a file that was only touched is read. */
function isSame(path: string, { mtimeMs, size, hash }: Mark): boolean {
  const now = statSync(path, { throwIfNoEntry: false })
  if (now === undefined || now.size !== size) return false
  return now.mtimeMs === mtimeMs || digest(readFileSync(path)) === hash
}

async function build(root: string, entry: Entry, made: string, { bundle }: Bundler): Promise<Note> {
  const { text, inputs, packages } = await bundle(entry)
  const files = [...inputs, ...settings.filter(path => existsSync(join(root, path)))]
  const output = `${entry.name}-${digest(text).slice(0, 12)}.mjs`
  const note: Note = { made, output, inputs: marksOf(root, files), packages }
  await mkdir(buildFolder(root), { recursive: true })
  await replace(join(buildFolder(root), output), text)
  await replace(notePath(root, entry.name), JSON.stringify(note))
  await tidy(root, entry, output)
  return note
}

function marksOf(root: string, paths: readonly string[]): Note['inputs'] {
  return Object.fromEntries(
    paths.map(path => {
      const { mtimeMs, size } = statSync(join(root, path))
      return [path, { mtimeMs, size, hash: digest(readFileSync(join(root, path))) }]
    }),
  )
}

/** In one step, so that nobody reads half of it. */
async function replace(path: string, text: string): Promise<void> {
  const besides = `${path}.${process.pid}`
  await writeFile(besides, text)
  await rename(besides, path)
}

async function tidy(root: string, { name }: Entry, output: string): Promise<void> {
  const folder = buildFolder(root)
  const bundles = new RegExp(`^${name.replaceAll('.', '\\.')}-[0-9a-f]{12}\\.mjs$`)
  const older = (await readdir(folder)).filter(file => bundles.test(file) && file !== output)
  for (const file of older) {
    const { mtimeMs } = await stat(join(folder, file))
    if (Date.now() - mtimeMs > keptMs) await rm(join(folder, file), { force: true })
  }
}

function notePath(root: string, name: string): string {
  return join(buildFolder(root), `${name}.inputs.json`)
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
