/**
 * Builds the web front where its sources changed since the last time: the content of every file that can reach a page,
 * and the versions that make pages of them. A stamp beside the other builds remembers what they were.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { buildFolder } from '../build.ts'
import { Failure } from '../errors.ts'
import { quiet } from './child.ts'

export interface FrontBuild {
  /** How many files it is made of. */
  readonly files: number
  /** Makes it; takes some 10 to 60 seconds. Rejects with a failure that has what Next said. */
  run(): Promise<void>
}

/**
 * The build that is due; undefined when what is there is fresh.
 * @param root the project's folder
 * @param folder the front's, from there
 */
export function dueFrontBuild(root: string, folder: string): FrontBuild | undefined {
  const files = sourcesOf(root, folder)
  const before = readMarks(root, folder)
  const marks = marksOf(root, files, before)
  const built = existsSync(join(root, folder, '.next', 'BUILD_ID'))
  if (built && before && sameContent(before, marks)) return undefined
  return { files: files.length, run: () => buildAlone(root, folder) }
}

/** Another process may be at it: then its result is waited for, and taken if it is fresh. */
async function buildAlone(root: string, folder: string): Promise<void> {
  const release = await lock(`${stampPath(root, folder)}.lock`)
  try {
    if (dueFrontBuild(root, folder)) await build(root, folder)
  } finally {
    release()
  }
}

interface Mark {
  readonly mtimeMs: number
  readonly size: number
  readonly hash: string
}

type Marks = Readonly<Record<string, Mark>>

async function build(root: string, folder: string): Promise<void> {
  // As they are before Next reads them: what is saved meanwhile is built the next time.
  const marks = marksOf(root, sourcesOf(root, folder))
  await rm(stampPath(root, folder), { force: true })
  const { code, output } = await nextBuild(join(root, folder))
  if (code !== 0) throw new Failure(`Building ${folder} failed:\n${output.trimEnd()}`, 'correct it, then start again')
  await writeFile(stampPath(root, folder), JSON.stringify(marks))
}

/** The same place from the sources and from what is built of them. */
const quietNext = new URL('../../../bin/quiet-next.js', import.meta.url).href

function nextBuild(folder: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const program = createRequire(join(folder, 'package.json')).resolve('next/dist/bin/next')
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const child = spawn(process.execPath, ['--import', quietNext, program, 'build'], {
      cwd: folder,
      env: { ...process.env, NODE_ENV: 'production', ...quiet },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => void pieces.push(piece))
    child.once('error', reject)
    child.once('close', code => resolve({ code, output: Buffer.concat(pieces).toString() }))
  })
}

/** Waits until nobody has the lock, and takes it: a file with the id of who has it. Gives what lets go of it. */
async function lock(path: string): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true })
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    if (isHeld(path)) await new Promise(resolve => setTimeout(resolve, 100))
    else rmSync(path, { force: true })
  }
}

/** Whether who took a lock still runs; it may have let go of it just now. */
function isHeld(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8')
    // Empty for a moment, between the making of the file and the writing of the id.
    return text === '' ? Date.now() - statSync(path).mtimeMs < 5_000 : process.kill(Number(text), 0)
  } catch {
    return false
  }
}

/** What a front is made of, as one digest: the same on any machine. */
export function frontDigest(root: string, folder: string): string {
  const digest = createHash('sha256')
  for (const path of sourcesOf(root, folder)) digest.update(`${path} ${hashOf(join(root, path))}\n`)
  return digest.digest('hex')
}

// ---------- what it is made of

const passedOver = new Set(['node_modules', '.next', '.open-next', 'test'])

/** The front's own files, what they import from beside it, and what says which packages there are; from `root`. */
function sourcesOf(root: string, folder: string): readonly string[] {
  const own = filesBelow(root, folder).filter(path => !/\.test\.tsx?$|\.md$|next-env\.d\.ts$/.test(path))
  const found = new Set(own)
  for (const path of found) for (const imported of importsOf(root, path)) found.add(imported)
  const versions = ['package-lock.json', 'package.json'].filter(path => existsSync(join(root, path)))
  return [...found, ...versions].sort()
}

function filesBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    if (passedOver.has(entry.name)) return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesBelow(root, path) : [path]
  })
}

const code = /\.(?:[cm]?[jt]s|[jt]sx)$/
const importing = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g
const typesOnly = /^\s*(?:import|export) type [^;'"]*from\s*['"][^'"]+['"]/gm

/** The files of the project that a file leads to: by a path, or in a package that is a folder of the project. */
function importsOf(root: string, path: string): readonly string[] {
  if (!code.test(path)) return []
  const text = readFileSync(join(root, path), 'utf8').replaceAll(typesOnly, '')
  const named = [...text.matchAll(importing)].map(match => match[1] ?? '')
  return named.flatMap(name => resolved(root, path, name) ?? [])
}

function resolved(root: string, path: string, name: string): string | undefined {
  const file = name.startsWith('.') ? join(dirname(path), name) : inPackage(root, path, name)
  const isFile = file !== undefined && statSync(join(root, file), { throwIfNoEntry: false })?.isFile()
  return isFile ? file.replaceAll('\\', '/') : undefined
}

/** A package of the project is a link into it; all others are fixed by the lock file. */
function inPackage(root: string, path: string, name: string): string | undefined {
  if (name.startsWith('node:')) return undefined
  try {
    const file = relative(root, createRequire(join(root, path)).resolve(name))
    return file.startsWith('..') || file.includes('node_modules') ? undefined : file
  } catch {
    return undefined // there is no such file, and the build says so
  }
}

// ---------- stamps

function stampPath(root: string, folder: string): string {
  return join(buildFolder(root), `${folder.replaceAll(/[^\w-]/g, '-')}.front.json`)
}

function readMarks(root: string, folder: string): Marks | undefined {
  try {
    return JSON.parse(readFileSync(stampPath(root, folder), 'utf8')) as Marks // written by `build` alone
  } catch {
    return undefined // never built, or half-written by a build that was killed
  }
}

/** Size and time tell nearly always; a file that was only touched is read. */
function marksOf(root: string, files: readonly string[], before: Marks = {}): Marks {
  const marks = files.map(path => {
    const { mtimeMs, size } = statSync(join(root, path))
    const old = before[path]
    const hash = old?.mtimeMs === mtimeMs && old.size === size ? old.hash : hashOf(join(root, path))
    return [path, { mtimeMs, size, hash }] as const
  })
  return Object.fromEntries(marks)
}

function sameContent(left: Marks, right: Marks): boolean {
  const paths = Object.keys(left)
  return paths.length === Object.keys(right).length && paths.every(path => left[path]?.hash === right[path]?.hash)
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('base64')
}
