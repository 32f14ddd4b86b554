/**
 * What is kept, read through its schema: the newest version that accepts it wins, and older forms are upgraded.
 */
import { compileReader, type Reader } from '../../compile/reader.ts'
import { fault, type ProblemCode } from '../../contract/problems.ts'
import type { Item } from '../../contract/store.ts'
import type { Reading, Schema } from '../../plan/schema.ts'

/** Reads stored values of one kind. Faults: the code it was made with. */
export interface StoredReader {
  read(value: unknown): unknown
}

export function storedReader(reading: Reading, code: ProblemCode, what: string): StoredReader {
  const newest = compileReader(reading.schema)
  const older = reading.older && { up: reading.older.up, reader: compileReader(reading.older.schema) }
  const upgraded = (value: unknown): unknown => {
    const old = older?.reader.read(value)
    if (!old?.ok || !older) return undefined
    const result = newest.read(older.up(old.value))
    return result.ok ? result.value : undefined
  }
  return {
    read(value) {
      const result = newest.read(value)
      if (result.ok) return result.value
      const lifted = upgraded(value)
      if (lifted !== undefined) return lifted
      throw fault(code, `${what} fits no version of its schema: ${issuesText(result.issues)}`, {
        issues: result.issues,
      })
    },
  }
}

/** Parses what a handler gives, before it is kept or sent. */
export function givenReader(schema: Schema, code: ProblemCode, what: string): (value: unknown) => unknown {
  const reader: Reader = compileReader(schema)
  return value => {
    const result = reader.read(value)
    if (result.ok) return result.value
    throw fault(code, `${what}: ${issuesText(result.issues)}`, { issues: result.issues })
  }
}

export function issuesText(issues: readonly { readonly path: string; readonly message: string }[]): string {
  return issues.map(({ path, message }) => `${path || '/'} ${message}`).join('; ')
}

/** JSON has no `undefined`: attributes that hold it are absent. Copies only where there is one. */
export function jsonItem(value: unknown): Item {
  return withoutUndefined(value) as Item
}

function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? listWithout(value) : objectWithout(value as Record<string, unknown>)
}

function listWithout(list: readonly unknown[]): readonly unknown[] {
  const copies = list.map(withoutUndefined)
  return copies.some((copy, at) => copy !== list[at]) ? copies : list
}

function objectWithout(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined
  for (const name of Object.keys(object)) {
    const value = object[name]
    const kept = withoutUndefined(value)
    if (kept === value && value !== undefined) continue
    copy ??= { ...object }
    if (kept === undefined) delete copy[name]
    else copy[name] = kept
  }
  return copy ?? object
}
