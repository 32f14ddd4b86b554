/**
 * A look at the data file before LMDB maps it into memory: reading past the end of a file that was cut off would end
 * the process, and a file of somebody else should not be touched at all.
 *
 * A file that is shorter than LMDB counts need not be cut off: pages at its end that were taken and given back within
 * one transaction are never written (`mm_last_pg` in LMDB's source says so). So where pages are missing, the trees are
 * walked: no page that is in use may be one of them. Then the file is given its full length, so that it is walked once.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { fault } from '../contract/problems.ts'
import { type DataPages, usesPagesFrom } from './data-pages.ts'

/** Where LMDB's files have what, in bytes. The first page is a head of 24 bytes and this. */
const headBytes = 24
const magicNumber = 0xbeefc0de
const at = { magic: 0, version: 4, pageSize: 24, freeRecord: 24, mainRecord: 72, lastPage: 120 } as const
const knownVersion = 2

/**
 * Checks the file, if it is there. What was flushed last stands in the middle of the first page; its pages must be in
 * the file. Faults: `data-damaged`.
 */
export function checkDataFile(path: string): void {
  const file = opened(path)
  if (file === undefined) return
  try {
    const { size } = fstatSync(file)
    if (size === 0) return
    const head = Buffer.alloc(256)
    if (readSync(file, head, 0, head.length, 0) < head.length) throw damaged(path, 'is cut off')
    checkKind(path, head)
    checkLength(path, file, size, head.readUInt32LE(headBytes + at.pageSize))
  } finally {
    closeSync(file)
  }
}

function checkKind(path: string, head: Buffer): void {
  const version = head.readUInt32LE(headBytes + at.version) & 0xffff
  if (head.readUInt32LE(headBytes + at.magic) !== magicNumber) throw damaged(path, 'is no data file of this program')
  if (version !== knownVersion) throw damaged(path, `has the format ${version}, this program reads ${knownVersion}`)
}

function checkLength(path: string, file: number, size: number, pageSize: number): void {
  const flushed = Buffer.alloc(256)
  readSync(file, flushed, 0, flushed.length, pageSize / 2)
  const needed = (Number(flushed.readBigUInt64LE(headBytes + at.lastPage)) + 1) * pageSize
  if (size >= needed) return
  const pages: DataPages = { file, pageSize, whole: Math.floor(size / pageSize) }
  const records = [at.freeRecord, at.mainRecord].map(start => flushed.subarray(headBytes + start))
  if (usesPagesFrom(pages, records)) throw damaged(path, `is cut off: it has ${size} bytes of ${needed}`)
  ftruncateSync(file, needed)
}

function damaged(path: string, what: string): Error {
  const detail = `"${path}" ${what}. Nothing was changed: put a copy of the folder in its place, or use another folder`
  return fault('data-damaged', detail)
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
