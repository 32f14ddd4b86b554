/**
 * Writers: a schema made ready to turn a handler's answer into JSON. The answer is read through the schema (so defaults
 * are filled in, and fields that the schema does not name never leave), then written by generated code that knows what
 * comes out of it.
 */
import type { z } from 'zod'
import { isTooDeep, type Refused, refusedWith } from './issues.ts'
import { compileReader, type Reader } from './reader.ts'
import { type Serialise, serialiserOf } from './serialiser.ts'
import { plainJson } from './written.ts'

export type Written = { readonly ok: true; readonly json: string } | Refused

export interface Writer {
  /** Whether code could be generated both for reading the answer through the schema and for writing it. */
  readonly compiled: boolean
  /** Whether the schema is known to have an asynchronous part: then only `writeAsync` can write. */
  readonly needsAsync: boolean
  /**
   * The JSON of what the schema makes of the value: what `JSON.stringify(schema.parse(value))` gives. Where that is
   * nothing (`undefined`), the JSON is the empty string. What does not fit, or cannot be JSON (a `bigint`, an object
   * that holds itself), comes back as issues.
   * @throws what the author's own transforms and refinements throw
   */
  write(value: unknown): Written
  /** The same for every schema, those with asynchronous parts too; without such parts it waits for nothing. */
  writeAsync(value: unknown): Promise<Written>
}

/**
 * Makes a writer of a schema. The code is generated when the first value is written (or `compiled` is asked).
 * @example
 * const writer = compileWriter(Order)
 * const answer = writer.write(await handle(call, uses))
 * if (answer.ok) response.end(answer.json)
 */
export function compileWriter(schema: z.ZodType): Writer {
  const reader = compileReader(schema)
  let made: Serialise | undefined
  const serialise = (value: unknown) => {
    made ??= serialiserOf(schema) ?? plainJson
    return made(value)
  }
  return {
    get compiled() {
      made ??= serialiserOf(schema) ?? plainJson
      return reader.compiled && made !== plainJson
    },
    get needsAsync() {
      return reader.needsAsync
    },
    write: value => written(reader.read(value), serialise),
    writeAsync: async value => written(await reader.readAsync(value), serialise),
  }
}

function written(read: ReturnType<Reader['read']>, serialise: Serialise): Written {
  if (!read.ok) return read
  try {
    return { ok: true, json: serialise(read.value) ?? '' }
  } catch (error) {
    return unwritable(error)
  }
}

/** `JSON.stringify` refuses what JSON cannot say with a `TypeError`. */
function unwritable(error: unknown): Refused {
  if (isTooDeep(error)) return refusedWith('Nested too deeply')
  if (error instanceof TypeError) return refusedWith(`Cannot be written as JSON: ${error.message}`)
  throw error
}
