/** Copies of what is given to us, so that nobody changes it while a call is under way. */
import { limits } from 'groundplan/driver'

/** Plain objects and lists anew; everything else, and what is too deep for any item, as it is: it will be refused. */
export function copied<T>(value: T, depth?: number): T
export function copied(value: unknown, depth = 0): unknown {
  // A commit has its items and messages some levels down.
  if (typeof value !== 'object' || value === null || depth > limits.itemDepth + 4) return value
  if (Array.isArray(value)) return value.map(each => copied(each, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? copiedObject(value, depth) : value
}

function copiedObject(object: object, depth: number): object {
  const copy: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object)) {
    const own = { value: copied(value, depth + 1), enumerable: true, configurable: true, writable: true }
    Object.defineProperty(copy, name, own)
  }
  return copy
}
