/**
 * What a disk is to blame for. Engines say what they could not do; whether the disk is full or cannot be written is
 * looked up here, so that it can be said in these words.
 */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isFault } from '../contract/problems.ts'
import { exitCodes, Failure } from './errors.ts'

/** With less, an engine cannot open its files. */
const leastBytes = 256 * 1_024

/** Puts a fault of an engine into words where the disk below `folder` is the reason; others are given back as they are. */
export function diskFailure(error: unknown, folder: string): unknown {
  if (!mayBeTheDisk(error)) return error
  const place = existing(folder)
  const elsewhere = 'name a folder on another one: --data <folder>'
  if (!isWritable(place)) {
    const message = `${place} cannot be written: what systems keep in ${folder} needs it`
    return new Failure(message, `give this user the right to write it, or ${elsewhere}`, exitCodes.failed, error)
  }
  const { bavail, bsize } = statfsSync(place)
  if (bavail * bsize >= leastBytes) return error
  const message = `The disk of ${folder} is full: ${Math.floor((bavail * bsize) / 1_024)} KB are left`
  return new Failure(message, `make room on it, or ${elsewhere}`, exitCodes.failed, error)
}

function mayBeTheDisk(error: unknown): boolean {
  if (isFault(error)) return error.code === 'engine-unavailable' && typeof error.more.pid !== 'number'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT', 'EIO'].includes(code)
}

/** The folder itself, or the nearest above that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder))
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
