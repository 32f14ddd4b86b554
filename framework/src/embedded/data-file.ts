/**
 * A look at the data file before LMDB maps it into memory: reading past the end of a file that was cut off would end
 * the process, and a file of somebody else should not be touched at all.
 *
 * A file that is shorter than LMDB counts need not be cut off: pages at its end that were taken and given back within
 * one transaction are never written (`mm_last_pg` in LMDB's source says so). So where pages are missing, the trees are
 * walked: no page that is in use may be one of them. Then the file is given its full length, so that it is walked once.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { fault } from '../contract/problems.ts'
import { type DataPages, usesPagesFrom } from './data-pages.ts'

/** Where LMDB's files have what, in bytes. The first page is a head of 24 bytes and this. */
const headBytes = 24
const magicNumber = 0xbeefc0de
const at = { magic: 0, version: 4, pageSize: 24, freeRecord: 24, mainRecord: 72, lastPage: 120, number: 128 } as const
const knownVersion = 2

/**
 * Checks the file, if it is there: the pages of the head it is opened with must be in it. With a journal that is the
 * older of its two (`dropNewerHead`); in a file from before there was one, what was flushed last, in the middle of the
 * first page. Faults: `data-damaged`.
 */
export function checkDataFile(path: string, withJournal: boolean): void {
  const file = opened(path)
  if (file === undefined) return
  try {
    const { size } = fstatSync(file)
    if (size === 0) return
    const head = Buffer.alloc(256)
    if (readSync(file, head, 0, head.length, 0) < head.length) throw damaged(path, 'is cut off')
    checkKind(path, head)
    const pageSize = head.readUInt32LE(headBytes + at.pageSize)
    checkLength(path, file, size, pageSize, withJournal ? olderHead(path, file, pageSize) : headAt(file, pageSize / 2))
  } finally {
    closeSync(file)
  }
}

function checkKind(path: string, head: Buffer): void {
  const version = head.readUInt32LE(headBytes + at.version) & 0xffff
  if (head.readUInt32LE(headBytes + at.magic) !== magicNumber) throw damaged(path, 'is no data file of this program')
  if (version !== knownVersion) throw damaged(path, `has the format ${version}, this program reads ${knownVersion}`)
}

/**
 * Makes LMDB go back to the older of the file's heads: the pages of the newer one may not all have reached the disk. A
 * head whose number is zero is none. Where there is one already, that was done before, and nothing was committed since.
 */
export function dropNewerHead(path: string): void {
  const file = opened(path)
  if (file === undefined) return
  try {
    const pageSize = headAt(file, 0).readUInt32LE(headBytes + at.pageSize)
    const [first, second] = [numberOf(headAt(file, 0)), numberOf(headAt(file, pageSize))]
    if (first === 0n || second === 0n) return
    writeSync(file, Buffer.alloc(8), 0, 8, (first > second ? 0 : pageSize) + headBytes + at.number)
  } finally {
    closeSync(file)
  }
}

/** The heads are those of the first two pages. */
function olderHead(path: string, file: number, pageSize: number): Buffer {
  const [first, second] = [headAt(file, 0), headAt(file, pageSize)]
  if (second.readUInt32LE(headBytes + at.magic) !== magicNumber) throw damaged(path, 'is cut off')
  if (numberOf(first) === 0n || numberOf(second) === 0n) return numberOf(first) > 0n ? first : second
  return numberOf(first) > numberOf(second) ? second : first
}

function headAt(file: number, position: number): Buffer {
  const head = Buffer.alloc(256)
  readSync(file, head, 0, head.length, position)
  return head
}

function numberOf(head: Buffer): bigint {
  return head.readBigUInt64LE(headBytes + at.number)
}

function checkLength(path: string, file: number, size: number, pageSize: number, flushed: Buffer): void {
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
