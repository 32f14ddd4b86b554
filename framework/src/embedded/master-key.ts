/**
 * The master key: 32 bytes by which the vault is sealed and links are signed. A server is given it from outside; in
 * development it is a file that is made at the first start and that nobody but its owner may read.
 *
 * It is replaced in three steps, each of which may be the last before a kill: the new key is written beside the old one;
 * the vault is sealed with it, all at once; it takes the place of the old one. At a start where both are there, the one
 * that opens the vault is the key.
 */
import { randomBytes } from 'node:crypto'
import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fault } from '../contract/problems.ts'
import { errorCode, onDisk, syncFolder } from './disk.ts'

const keyBytes = 32

/** Faults: `setting-invalid`. */
export function checkMasterKey(key: Uint8Array): void {
  if (key.byteLength === keyBytes) return
  throw fault('setting-invalid', `the master key has ${key.byteLength} bytes, it must have ${keyBytes}`)
}

/**
 * The key in the file `master.key` of a folder; made where there is none.
 * - `opens`: whether a key opens the vault; undefined where there is none yet.
 * Faults: `engine-unavailable` where others may read the file, `setting-invalid` where it holds no key, `data-damaged`
 * where it is gone and the vault is not.
 */
export async function masterKeyIn(
  folder: string,
  opens: (key: Uint8Array) => boolean | undefined,
): Promise<Uint8Array> {
  const path = join(folder, 'master.key')
  const next = await keyAt(nextOf(path))
  if (next && opens(next)) await putInPlace(path)
  else if (next) await rm(nextOf(path))
  return (await keyAt(path)) ?? made(path, opens)
}

/**
 * Replaces the key of a folder.
 * @param reseal seals the vault with the new key, all or nothing
 */
export async function replaceMasterKey(folder: string, reseal: (key: Uint8Array) => Promise<void>): Promise<void> {
  const path = join(folder, 'master.key')
  const key = randomBytes(keyBytes)
  await write(nextOf(path), key)
  await reseal(key)
  await putInPlace(path)
}

async function made(path: string, opens: (key: Uint8Array) => boolean | undefined): Promise<Uint8Array> {
  const key = randomBytes(keyBytes)
  if (opens(key) === false) {
    const detail = `"${path}" is gone, and nothing else opens the vault beside it`
    throw fault('data-damaged', `${detail}. Nothing was changed: put the file back`)
  }
  // Under another name first: a kill leaves no half of a key.
  await write(`${path}.new`, key)
  await onDisk(() => rename(`${path}.new`, path))
  await syncFolder(dirname(path))
  return key
}

function nextOf(path: string): string {
  return `${path}.next`
}

async function putInPlace(path: string): Promise<void> {
  await onDisk(() => rename(nextOf(path), path))
  await syncFolder(dirname(path))
}

async function write(path: string, key: Uint8Array): Promise<void> {
  await onDisk(async () => {
    const handle = await open(path, 'w', 0o600)
    try {
      // A file that was there keeps its rights when it is opened.
      await chmod(path, 0o600)
      await handle.write(`${Buffer.from(key).toString('hex')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
  await syncFolder(dirname(path))
}

async function keyAt(path: string): Promise<Uint8Array | undefined> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw fault('engine-unavailable', `the master key cannot be read: ${String(error)}`, {}, error)
  })
  if (text === undefined) return undefined
  await checkRights(path)
  if (/^[0-9a-f]{64}\s*$/.test(text)) return Buffer.from(text.trim(), 'hex')
  throw fault('setting-invalid', `"${path}" holds no master key: 64 digits from 0 to f. Nothing was changed`)
}

/** Faults: `engine-unavailable` where anybody but the owner may read or write it. */
async function checkRights(path: string): Promise<void> {
  // Windows has no such rights.
  if (process.platform === 'win32') return
  const rights = (await onDisk(() => stat(path))).mode & 0o777
  if ((rights & 0o077) === 0) return
  const detail = `"${path}" can be read by others (${rights.toString(8)}), so it may be no secret any more`
  throw fault('engine-unavailable', `${detail}: chmod 600 it, and replace the key if somebody had it`)
}
