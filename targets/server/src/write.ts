/**
 * Writes files that people may edit. A note beside them (`.written.json`) has the digest of what was written: a file that
 * differs from it was edited, and stays as it is; what would have been written comes beside it, to compare.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface WrittenFile {
  /** From the folder that all are written to. */
  readonly path: string
  readonly text: string
}

/** What became of each file, by path. */
export interface WriteReport {
  readonly written: readonly string[]
  /** It is as it would be written. */
  readonly same: readonly string[]
  /** Edited, and left: `<path>.new` has what would have been written. */
  readonly kept: readonly string[]
}

const noteFile = '.written.json'
type Digests = Readonly<Record<string, string>>

/** @param force whether files that were edited are overwritten too */
export function writeFiles(folder: string, files: readonly WrittenFile[], force: boolean): WriteReport {
  const noted = noteIn(folder)
  const became = files.map(file => ({ file, ...stateOf(folder, file, noted, force) }))
  mkdirSync(folder, { recursive: true })
  for (const { file, state } of became) {
    if (state === 'written') writeFileSync(join(folder, file.path), file.text)
    if (state === 'kept') writeFileSync(join(folder, `${file.path}.new`), file.text)
    else rmSync(join(folder, `${file.path}.new`), { force: true })
  }
  const digests = Object.fromEntries(became.map(({ file, digest }) => [file.path, digest]))
  writeFileSync(join(folder, noteFile), `${JSON.stringify(digests, null, 2)}\n`)
  const paths = (wanted: State): readonly string[] =>
    became.filter(({ state }) => state === wanted).map(({ file }) => file.path)
  return { written: paths('written'), same: paths('same'), kept: paths('kept') }
}

type State = 'written' | 'same' | 'kept'

/** What becomes of a file, and the digest of what was written of it last. */
function stateOf(
  folder: string,
  { path, text }: WrittenFile,
  noted: Digests,
  force: boolean,
): { readonly state: State; readonly digest: string } {
  const digest = digestOf(text)
  if (!existsSync(join(folder, path))) return { state: 'written', digest }
  const now = digestOf(readFileSync(join(folder, path), 'utf8'))
  if (now === digest) return { state: 'same', digest }
  const before = noted[path]
  return force || now === before ? { state: 'written', digest } : { state: 'kept', digest: before ?? '' }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function noteIn(folder: string): Digests {
  const path = join(folder, noteFile)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}
