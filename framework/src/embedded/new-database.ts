/**
 * A database's folder before it is one: the files it begins with, and the note that says that they are not whole yet.
 * While it is made, `data.new` stands beside `data`: what a kill or a power cut leaves of that is made anew.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const noteIn = (folder: string): string => join(folder, 'data.new')

/** Whether there is a database in the folder; half of one is none. */
export function hasDatabase(folder: string): boolean {
  return existsSync(join(folder, 'data')) && !existsSync(noteIn(folder))
}

/** Removes what was left of an attempt, and notes that another begins. */
export function beginDatabase(folder: string): void {
  // In this order: without `data` it does not matter whether there is a note.
  rmSync(join(folder, 'data'), { recursive: true, force: true })
  rmSync(noteIn(folder), { recursive: true, force: true })
  writeFileSync(noteIn(folder), '')
  sync(folder)
}

/** From now on there is one, also after a power cut. */
export function keepDatabase(folder: string): void {
  syncFiles(join(folder, 'data'))
  rmSync(noteIn(folder))
  sync(folder)
}

const blockBytes = 512

/** Writes the files of an archive (tar) as PGlite makes it: names of at most 100 bytes, files and folders alone. */
export function unpack(archive: Buffer, folder: string): void {
  for (let at = 0; archive[at]; ) {
    const name = textAt(archive, at, 100)
    const bytes = Number.parseInt(textAt(archive, at + 124, 12), 8)
    const kind = textAt(archive, at + 156, 1)
    const content = at + blockBytes
    if (kind === '5') mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    else if (kind === '0' || kind === '') writeFile(join(folder, name), archive.subarray(content, content + bytes))
    else throw new Error(`"${name}" is of a kind that no database begins with: ${kind}`)
    at = content + Math.ceil(bytes / blockBytes) * blockBytes
  }
}

function textAt(archive: Buffer, at: number, bytes: number): string {
  const text = archive.toString('latin1', at, at + bytes)
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

function writeFile(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, content, { mode: 0o600 })
}

/** PGlite leaves flushing to the system; this makes the files of a folder last. */
export function syncFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() || entry.isDirectory()) sync(join(entry.parentPath, entry.name))
  }
  sync(folder)
}

function sync(path: string): void {
  const isFolder = statSync(path).isDirectory()
  // Windows keeps names by itself, and opens no folder.
  if (isFolder && process.platform === 'win32') return
  const file = openSync(path, isFolder ? 'r' : 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
