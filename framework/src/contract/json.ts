/**
 * Items as JSON: copied, checked and measured in one walk, so that no engine keeps what another could not, and nobody
 * outside can change what an engine keeps.
 */
import { assign, isWellFormed } from './keys.ts'
import { limits, utf8Bytes } from './limits.ts'
import { fault } from './problems.ts'
import type { Item } from './store.ts'

export interface Measured {
  /** A copy, frozen through and through. Attributes that are undefined are absent; -0 is 0. */
  readonly item: Item
  /** Its length as JSON in UTF-8. */
  readonly bytes: number
}

interface Walk {
  bytes: number
  readonly what: string
}

/**
 * Copies and measures an item.
 * `what`: names it in faults. Faults: `item-invalid` where it is not JSON that every engine keeps.
 */
export function measured(item: Readonly<Record<string, unknown>>, what: string): Measured {
  const walk: Walk = { bytes: 0, what }
  return { item: copyOfObject(plain(item, what), walk, 1), bytes: walk.bytes }
}

/** The object, if it is a plain one: an instance of a class would be something else once it is copied. */
export function plain(object: Readonly<Record<string, unknown>>, what: string): Readonly<Record<string, unknown>> {
  if (isPlain(object)) return object
  throw notJson(what, object)
}

/** The length of a JSON value in UTF-8 bytes, without writing it. */
export function jsonBytes(value: unknown): number {
  const walk: Walk = { bytes: 0, what: 'the value' }
  copyOf(value, walk, 0)
  return walk.bytes
}

function copyOf(value: unknown, walk: Walk, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      walk.bytes += textBytes(value, walk)
      return value
    case 'number':
      return copyOfNumber(value, walk)
    case 'boolean':
      walk.bytes += value ? 4 : 5
      return value
    case 'object':
      return copyOfReference(value, walk, depth + 1)
    default:
      throw notJson(walk.what, value)
  }
}

function copyOfNumber(value: number, walk: Walk): number {
  const size = Math.abs(value)
  // NaN fails both.
  if (!(size === 0 || (size >= limits.leastNumber && size <= limits.mostNumber))) {
    throw fault('item-invalid', `${walk.what} has the number ${value}, which not every engine can keep`)
  }
  walk.bytes += String(value).length
  return value + 0
}

function copyOfReference(value: object | null, walk: Walk, depth: number): unknown {
  if (value === null) {
    walk.bytes += 4
    return null
  }
  if (depth > limits.itemDepth) throw fault('item-invalid', `${walk.what} is deeper than ${limits.itemDepth} levels`)
  if (Array.isArray(value)) return copyOfList(value, walk, depth)
  if (isPlain(value)) return copyOfObject(value, walk, depth)
  throw notJson(walk.what, value)
}

function copyOfList(list: readonly unknown[], walk: Walk, depth: number): readonly unknown[] {
  walk.bytes += 2 + Math.max(0, list.length - 1)
  const copy: unknown[] = []
  for (const value of list) copy.push(copyOf(value, walk, depth))
  return Object.freeze(copy)
}

function copyOfObject(object: Readonly<Record<string, unknown>>, walk: Walk, depth: number): Item {
  const copy: Record<string, unknown> = {}
  let bytes = 1
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (value === undefined) continue
    if (name === '') throw fault('item-invalid', `${walk.what} has an attribute without a name`)
    bytes += 2 + textBytes(name, walk)
    assign(copy, name, copyOf(value, walk, depth))
  }
  // Two braces; a colon for each attribute and a comma after each but the last.
  walk.bytes += Math.max(2, bytes)
  return Object.freeze(copy)
}

/** Made by braces or `JSON.parse`, in whatever realm, or without any prototype; not an instance of a class. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** The length of a text as JSON, quotes included. */
function textBytes(text: string, walk: Walk): number {
  if (!/[^ !#-[\]-\x7f]/.test(text)) return text.length + 2
  if (!isWellFormed(text)) throw fault('item-invalid', `${walk.what} has half a character (a lone surrogate)`)
  return utf8Bytes(text) + 2 + escapes(text)
}

/** How many bytes JSON adds for quotes, backslashes and control characters. */
function escapes(text: string): number {
  let added = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22 || unit === 0x5c) added += 1
    else if (unit < 0x20) added += isShort(unit) ? 1 : 5
  }
  return added
}

/** \b \t \n \f \r */
function isShort(unit: number): boolean {
  return unit >= 8 && unit <= 13 && unit !== 11
}

function notJson(what: string, value: unknown): Error {
  return fault('item-invalid', `${what} is not JSON: it has ${kindOf(value)}`)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'a list with undefined in it'
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name === 'string' ? `an instance of ${name}` : 'an object of its own kind'
}
