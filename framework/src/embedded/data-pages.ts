/**
 * Walks the trees of an LMDB file without LMDB: whether a page that is in use lies beyond the end of the file. The
 * layout is that of `mdb.c` as the package `lmdb` carries it (data version 2): `MDB_page_header`, `MDB_node`, `MDB_db`,
 * `MDB_ovpage`.
 */
import { readSync } from 'node:fs'

export interface DataPages {
  readonly file: number
  readonly pageSize: number
  /** How many pages are wholly in the file. */
  readonly whole: number
}

const page = { number: 0, flags: 18, lower: 20, pointers: 24 } as const
const isBranch = 0x01
const isLeaf = 0x02
const isFixed = 0x20

const node = { low: 0, high: 2, flags: 4, keySize: 6, key: 8 } as const
const hasBigData = 0x01
const hasTree = 0x02

/** A tree's record: where its root stands. */
const rootAt = 40
const recordBytes = 48
const bigDataBytes = 24
const noPage = 0xffff_ffff_ffff_ffffn

/** Whether the trees of these records use a page that is not wholly in the file, or is no page of a tree. */
export function usesPagesFrom(pages: DataPages, records: readonly Buffer[]): boolean {
  const buffer = Buffer.alloc(pages.pageSize)
  const open = records.flatMap(rootOf)
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (number >= pages.whole) return true
    readSync(pages.file, buffer, 0, buffer.length, number * pages.pageSize)
    const flags = buffer.readUInt16LE(page.flags)
    if (Number(buffer.readBigUInt64LE(page.number)) !== number) return true
    if (flags & isBranch) open.push(...nodesOf(buffer).map(branchTarget))
    else if (!(flags & isLeaf)) return true
    else if (!(flags & isFixed) && !followLeaf(buffer, pages.whole, open)) return true
  }
  return false
}

/** Takes along the trees that begin in a leaf. False where big data lies beyond the end. */
function followLeaf(leaf: Buffer, whole: number, open: number[]): boolean {
  for (const entry of nodesOf(leaf)) {
    const flags = entry.readUInt16LE(node.flags)
    const data = node.key + entry.readUInt16LE(node.keySize)
    if (flags & hasTree) open.push(...rootOf(entry.subarray(data, data + recordBytes)))
    if (flags & hasBigData && bigDataEnd(entry.subarray(data, data + bigDataBytes)) > whole) return false
  }
  return true
}

function bigDataEnd(place: Buffer): number {
  return Number(place.readBigUInt64LE(0)) + Number(place.readBigUInt64LE(16))
}

function rootOf(record: Buffer): number[] {
  const root = record.readBigUInt64LE(rootAt)
  return root === noPage ? [] : [Number(root)]
}

function branchTarget(entry: Buffer): number {
  return (
    entry.readUInt16LE(node.low) + entry.readUInt16LE(node.high) * 0x1_0000 + entry.readUInt16LE(node.flags) * 2 ** 32
  )
}

/** The nodes of a page, each from its beginning on. */
function nodesOf(bytes: Buffer): readonly Buffer[] {
  const count = bytes.readUInt16LE(page.lower) >> 1
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(page.pointers + bytes.readUInt16LE(page.pointers + 2 * at)),
  )
}
