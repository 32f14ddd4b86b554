/**
 * Keys as bytes whose order is the contract's: numbers by value, before texts by their bytes in UTF-8. DynamoDB orders
 * binary attributes by unsigned bytes, so that one attribute holds both kinds.
 *
 *   01 <8 bytes: the number + 2^53>     02 <UTF-8>
 */
import type { KeyValue } from 'groundplan/driver'

const number = 0x01
const text = 0x02
const bias = 2 ** 53

/** Before, and behind, everything that a key can be. */
export const lowest: Uint8Array = Uint8Array.of(0)
export const highest: Uint8Array = Uint8Array.of(0xff)

export function bytesOf(value: KeyValue): Uint8Array {
  return typeof value === 'number' ? bytesOfNumber(value) : prefixBytes(value)
}

/** The beginning of all texts that begin so. */
export function prefixBytes(prefix: string): Uint8Array {
  const bytes = Buffer.alloc(1 + Buffer.byteLength(prefix), text)
  bytes.write(prefix, 1)
  return bytes
}

/** Behind all texts that begin so: no text has this byte. */
export function endOfPrefix(prefix: string): Uint8Array {
  return Buffer.concat([prefixBytes(prefix), highest])
}

function bytesOfNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(9, number)
  bytes.writeBigUInt64BE(BigInt(value) + BigInt(bias), 1)
  return bytes
}

export function laterOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  return Buffer.compare(one, other) < 0 ? other : one
}

export function earlierOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  return Buffer.compare(one, other) < 0 ? one : other
}
