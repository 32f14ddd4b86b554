/**
 * Zip files, as Lambda takes code. Without times and owners: the same files give the same bytes.
 */
import { crc32, deflateRawSync } from 'node:zlib'

interface Part {
  readonly name: Buffer
  readonly crc: number
  readonly size: number
  readonly packed: Buffer
}

/** The first day that a zip knows: 1980-01-01, midnight. */
const noDate = 0x21
const version = 20
const deflated = 8
/** Names are UTF-8. */
const flags = 0x0800
/** A plain file that everybody may read, as Unix says it. */
const mode = (0o100644 << 16) >>> 0
const madeOnUnix = 3 << 8

/** Files in the order of their names. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts = Object.keys(files)
    .sort()
    .map(name => partOf(name, files[name] ?? new Uint8Array()))
  const bodies = parts.map(part => Buffer.concat([localHead(part), part.name, part.packed]))
  let start = 0
  const heads = parts.map((part, at) => {
    const head = Buffer.concat([centralHead(part, start), part.name])
    start += bodies[at]?.length ?? 0
    return head
  })
  const headSize = heads.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([...bodies, ...heads, end(parts.length, headSize, start)])
}

function partOf(name: string, content: Uint8Array): Part {
  const packed = deflateRawSync(content, { level: 9 })
  return { name: Buffer.from(name), crc: crc32(content), size: content.length, packed }
}

function localHead(part: Part): Buffer {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(version, 4)
  common(head, part, 6)
  return head
}

function centralHead(part: Part, start: number): Buffer {
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE(madeOnUnix | version, 4)
  head.writeUInt16LE(version, 6)
  common(head, part, 8)
  head.writeUInt32LE(mode, 38)
  head.writeUInt32LE(start, 42)
  return head
}

/** What both heads say of a part, from `at` on. */
function common(head: Buffer, { name, crc, size, packed }: Part, at: number): void {
  head.writeUInt16LE(flags, at)
  head.writeUInt16LE(deflated, at + 2)
  head.writeUInt16LE(0, at + 4)
  head.writeUInt16LE(noDate, at + 6)
  head.writeUInt32LE(crc, at + 8)
  head.writeUInt32LE(packed.length, at + 12)
  head.writeUInt32LE(size, at + 16)
  head.writeUInt16LE(name.length, at + 20)
}

function end(count: number, size: number, start: number): Buffer {
  const tail = Buffer.alloc(22)
  tail.writeUInt32LE(0x06054b50, 0)
  tail.writeUInt16LE(count, 8)
  tail.writeUInt16LE(count, 10)
  tail.writeUInt32LE(size, 12)
  tail.writeUInt32LE(start, 16)
  return tail
}
