/**
 * Positions: keys as texts whose order by UTF-16 code units is the contract's order of keys (numbers by value, before
 * texts by UTF-8 bytes; parts one after another). For the ordered maps of the memory drivers.
 */

type Part = string | number

const numberTag = '\u0001'
const textTag = '\u0002'
/** Above every tag: what follows it comes after all that go on from the same beginning. */
const afterAll = '\u0003'
const textEnd = '\0\0'
const half = 2 ** 28

/** @example positionOf(['tenant-1', 7]) < positionOf(['tenant-1', 12]) // true */
export function positionOf(parts: readonly Part[]): string {
  let position = ''
  for (const part of parts) position += typeof part === 'number' ? numberPart(part) : textPart(part)
  return position
}

/** The beginning of all positions whose next part is a text with this prefix. */
export function prefixPosition(parts: readonly Part[], prefix: string): string {
  return positionOf(parts) + textTag + ordered(prefix)
}

/** Above every position that begins with these whole parts, below all others that follow. */
export function endOf(position: string): string {
  return position + afterAll
}

/** Above every position that begins with this text, below all others that follow. */
export function endOfPrefix(position: string): string {
  const last = position.length - 1
  const unit = position.charCodeAt(last)
  return unit === 0xffff
    ? endOfPrefix(position.slice(0, last))
    : position.slice(0, last) + String.fromCharCode(unit + 1)
}

/** A safe integer as four units of fourteen bits, counted from the least one. */
function numberPart(value: number): string {
  const signed = Math.floor(value / half)
  const high = signed + 2 ** 25
  const low = value - signed * half
  return numberTag + String.fromCharCode(high >> 14, high & 0x3fff, low >> 14, low & 0x3fff)
}

function textPart(value: string): string {
  return textTag + ordered(value) + textEnd
}

/** NUL is doubled up so that an end can be told from it; pairs of surrogates move above U+FFFF, as in UTF-8. */
function ordered(text: string): string {
  return /[\0\ud800-\uffff]/.test(text) ? text.replace(/[\0\ud800-\uffff]/g, reordered) : text
}

function reordered(character: string): string {
  const unit = character.charCodeAt(0)
  if (unit === 0) return '\0\u0001'
  return String.fromCharCode(unit >= 0xe000 ? unit - 0x800 : unit + 0x2000)
}
