/**
 * Parts of keys as bytes, in the contract's order: numbers by value, before texts by their bytes in UTF-8. Each part has
 * a column of its own, so nothing needs an end.
 */
import type { KeyValue } from 'groundplan/driver'

const numberTag = 1
const textTag = 2
/** Safe integers are counted from the least one. */
const lowest = 2n ** 53n

/** What stands where a key or index has no sort attribute. */
export const noPart = Buffer.alloc(0)

/** @example Buffer.compare(partBytes(7), partBytes(12)) < 0 */
export function partBytes(value: KeyValue | undefined): Buffer {
  if (value === undefined) return noPart
  if (typeof value === 'string') return textBytes(value)
  const bytes = Buffer.alloc(9)
  bytes[0] = numberTag
  bytes.writeBigUInt64BE(BigInt(value) + lowest, 1)
  return bytes
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text))
  bytes[0] = textTag
  bytes.write(text, 1)
  return bytes
}

/** The first bytes after all texts with this prefix. */
export function afterPrefix(prefix: string): Buffer {
  const bytes = textBytes(prefix)
  // No byte of UTF-8 is 0xff, nor is the tag: the last one can always go up.
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) + 1, bytes.length - 1)
  return bytes
}
