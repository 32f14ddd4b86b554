/**
 * The repository as a list of files in memory. Every check takes such a list and gives complaints, so that
 * a test can feed it a small offending tree made in code.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export type Tree = readonly SourceFile[]

/** What is wrong, with its place first: `framework/src/plan/table.ts:12: …`. */
export type Complaint = string

export const root = fileURLToPath(new URL('../', import.meta.url))

/** Folders that hold no work of ours: installed, built or kept by a run. */
const passedOver = new Set(['node_modules', 'dist', 'coverage', '.git', '.groundplan', '.next', '.open-next', '.turbo'])

const code = /\.(ts|tsx|mts|mjs|js|jsx)$/

/** The paths of all files below a folder of the repository (`''` is the whole of it), sorted. */
export function pathsBelow(folder: string, base: string = root): readonly string[] {
  const here = join(base, folder)
  if (!existsSync(here)) return []
  const entries = readdirSync(here, { withFileTypes: true }).filter(entry => !passedOver.has(entry.name))
  return entries
    .flatMap(entry => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? pathsBelow(path, base) : [path]
    })
    .sort()
}

/** The files with these paths, read. */
export function read(paths: readonly string[], base: string = root): Tree {
  return paths.map(path => ({ path, text: readFileSync(join(base, path), 'utf8') }))
}

/** All TypeScript and JavaScript files below some folders. */
export function readCode(folders: readonly string[], base: string = root): Tree {
  const paths = folders.flatMap(folder => pathsBelow(folder, base))
  return read(paths.filter(isCode), base)
}

/** All manifests (package.json) of the repository. */
export function readManifests(base: string = root): Tree {
  return read(
    pathsBelow('', base).filter(path => path === 'package.json' || path.endsWith('/package.json')),
    base,
  )
}

export function isCode(path: string): boolean {
  return code.test(path) && !path.includes('/generated/')
}

/** Tests, type tests, and what only they use: anything in a system's or package's `test` folder. */
export function isTest(path: string): boolean {
  return /\.test(-d)?\.tsx?$/.test(path) || /(^|\/)test\//.test(path)
}

/** A tree out of a record from path to text: for tests of the checks. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return Object.entries(files).map(([path, text]) => ({ path, text }))
}
