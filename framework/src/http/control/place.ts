/**
 * Where the control socket of a plan's data folder is.
 *
 * In the folder, as `control.sock`, where its path fits a socket's address (some hundred bytes) and the file system keeps
 * the folder from others. Else in a folder of its own among the temporary ones, and `control.path` in the data folder
 * says which. On Windows it is a pipe named after the folder.
 *
 * The socket belongs to whoever holds the lock of the data folder: what an earlier process left there is removed.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fault } from '../../contract/problems.ts'

/** `sun_path` has 108 bytes on Linux and 104 elsewhere; one is its end. */
const mostBytes = process.platform === 'linux' ? 107 : 103
const isWindows = process.platform === 'win32'

export interface ControlPlace {
  readonly path: string
  /** Leaves nothing behind. */
  remove(): void
}

/** Where a process is to be asked; undefined where none can be. Faults: `engine-unavailable`. */
export function addressIn(folder: string): string | undefined {
  if (isWindows) return pipeOf(folder)
  const elsewhere = noted(folder)
  const path = elsewhere ?? socketIn(folder)
  if (!fits(path)) return undefined
  checkOwner(path, folder)
  return path
}

/** What is told there is told to whoever listens: that must be the folder's owner, whoever asks, or the system's. */
function checkOwner(path: string, folder: string): void {
  const socket = statSync(path, { throwIfNoEntry: false })
  if (!socket || [statSync(folder).uid, process.getuid?.(), 0].includes(socket.uid)) return
  throw fault(
    'engine-unavailable',
    `"${path}" belongs to another user than the data in "${folder}": it is not believed`,
  )
}

/** The place in the data folder, free to listen at; undefined where it would not do. Nobody else may enter the folder. */
export function ownPlace(folder: string): ControlPlace | undefined {
  if (isWindows) return { path: pipeOf(folder), remove() {} }
  forget(folder)
  const path = socketIn(folder)
  if (!fits(path) || !isPrivate(folder)) return undefined
  return { path, remove: () => rmSync(path, { force: true }) }
}

/** A short place among the temporary folders, noted in the data folder. */
export function shortPlace(folder: string): ControlPlace {
  const own = mkdtempSync(join(tmpdir(), 'groundplan-'))
  chmodSync(own, 0o700)
  const path = socketIn(own)
  const next = `${noteIn(folder)}.next`
  writeFileSync(next, path, { mode: 0o600 })
  renameSync(next, noteIn(folder))
  return { path, remove: () => forget(folder) }
}

/** Keeps a socket from everybody but its owner. */
export function closeToOthers({ path }: ControlPlace): void {
  if (!isWindows) chmodSync(path, 0o600)
}

function socketIn(folder: string): string {
  return join(resolve(folder), 'control.sock')
}

function noteIn(folder: string): string {
  return join(folder, 'control.path')
}

function noted(folder: string): string | undefined {
  try {
    return readFileSync(noteIn(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes what an earlier process left, here and among the temporary folders. */
function forget(folder: string): void {
  const elsewhere = noted(folder)
  if (elsewhere !== undefined && /[\\/]groundplan-\w+[\\/]control\.sock$/.test(elsewhere)) {
    rmSync(elsewhere, { force: true })
    removeEmpty(dirname(elsewhere))
  }
  rmSync(noteIn(folder), { force: true })
  rmSync(socketIn(folder), { force: true })
}

/** Something else in it is somebody else's. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It is gone already, or not empty.
  }
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= mostBytes
}

/** Shuts the folder to others. False where the file system does not keep such rights, or it is not ours. */
function isPrivate(folder: string): boolean {
  try {
    chmodSync(folder, 0o700)
    return (statSync(folder).mode & 0o077) === 0
  } catch {
    return false
  }
}

function pipeOf(folder: string): string {
  const name = createHash('sha256').update(resolve(folder).toLowerCase()).digest('hex').slice(0, 32)
  return `\\\\.\\pipe\\groundplan-${name}`
}
