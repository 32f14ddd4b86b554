/**
 * Keys as bytes whose order is the contract's order of keys: numbers by value, before texts by their bytes in UTF-8;
 * parts one after another.
 *
 * A number is a tag and eight bytes. A text is a tag, its bytes in UTF-8, and a zero byte. No byte of the text is zero:
 * all below 0xc0 are moved up by one, into a place that UTF-8 never uses. So a text takes two bytes more than it has,
 * whatever its characters, no key is the beginning of another, and a partition with a sort value, twice over in an
 * index, stays within what LMDB takes as a key.
 */
import type { KeyValue } from '../contract/keys.ts'

const numberTag = 1
const textTag = 2
/** Above every byte of a text: no character begins with it. */
const afterAll = 0xff
/** The high half of a safe integer is moved up by so much, so that it is never negative. */
const bias = 2 ** 21
const half = 2 ** 32
const mostSixBytes = 2 ** 48 - 1

/** A prefix of so many bytes, and a key after it. */
export function keyBytes(prefix: Uint8Array, parts: readonly KeyValue[]): Buffer {
  let most = prefix.length
  for (const part of parts) most += sizeOf(part)
  const bytes = Buffer.allocUnsafe(most)
  bytes.set(prefix)
  let at = prefix.length
  for (const part of parts) at = writePart(bytes, at, part)
  return at === most ? bytes : bytes.subarray(0, at)
}

/** The beginning of all keys that go on from these parts with a text of this prefix. */
export function prefixBytes(prefix: Uint8Array, parts: readonly KeyValue[], text: string): Buffer {
  const whole = keyBytes(prefix, [...parts, text])
  // Without the zero byte that ends the text.
  return whole.subarray(0, whole.length - 1)
}

/** Above every key that begins with these bytes, below all others that follow. */
export function endOf(bytes: Uint8Array): Buffer {
  const end = Buffer.allocUnsafe(bytes.length + 1)
  end.set(bytes)
  end[bytes.length] = afterAll
  return end
}

/** The next key after this one. */
export function following(bytes: Uint8Array): Buffer {
  const next = Buffer.allocUnsafe(bytes.length + 1)
  next.set(bytes)
  next[bytes.length] = 0
  return next
}

/** A number of a table, an index or a queue, and a letter for what its keys are about. */
export function prefixOf(number: number, letter = ''): Buffer {
  const prefix = Buffer.allocUnsafe(4 + letter.length)
  prefix.writeUInt32BE(number)
  prefix.write(letter, 4, 'latin1')
  return prefix
}

/** Counting numbers and instants, six bytes each. What is beyond six bytes (the year 10889) is the most there is. */
export function countedKey(prefix: Uint8Array, one: number, other?: number): Buffer {
  const key = Buffer.allocUnsafe(prefix.length + (other === undefined ? 6 : 12))
  key.set(prefix)
  key.writeUIntBE(Math.min(one, mostSixBytes), prefix.length, 6)
  if (other !== undefined) key.writeUIntBE(other, prefix.length + 6, 6)
  return key
}

/** The number `place` of those that `countedKey` put after a prefix. */
export function countedIn(key: Uint8Array, prefixLength: number, place: 0 | 1 = 0): number {
  const from = prefixLength + 6 * place
  let number = 0
  for (let at = from; at < from + 6; at++) number = number * 256 + (key[at] ?? 0)
  return number
}

/** At most so many bytes. */
function sizeOf(part: KeyValue): number {
  return typeof part === 'number' ? 9 : 2 + 3 * part.length
}

function writePart(bytes: Buffer, at: number, part: KeyValue): number {
  return typeof part === 'number' ? writeNumber(bytes, at, part) : writeText(bytes, at, part)
}

function writeNumber(bytes: Buffer, at: number, value: number): number {
  const high = Math.floor(value / half)
  bytes[at] = numberTag
  bytes.writeUInt32BE(high + bias, at + 1)
  bytes.writeUInt32BE(value - high * half, at + 5)
  return at + 9
}

function writeText(bytes: Buffer, at: number, text: string): number {
  bytes[at++] = textTag
  for (let unit = 0; unit < text.length; unit++) {
    const code = text.charCodeAt(unit)
    if (code > 0x7f) return writeWideText(bytes, at, text, unit)
    bytes[at++] = code + 1
  }
  bytes[at] = 0
  return at + 1
}

/** The rest of a text, from its first character that is not ASCII on. */
function writeWideText(bytes: Buffer, from: number, text: string, unit: number): number {
  const end = from + bytes.write(text.slice(unit), from, 'utf8')
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0xc0) bytes[at] = byte + 1
  }
  bytes[end] = 0
  return end + 1
}
