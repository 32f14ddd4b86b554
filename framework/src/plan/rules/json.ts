/**
 * What is kept or sent is JSON: what a schema makes of a value is kept, and read through the same schema again. A
 * schema whose output it would not accept as input, or that JSON cannot hold, breaks at the first read.
 */
import { z } from 'zod'
import type { Resource } from '../grant.ts'
import { finding, type Mistake } from '../mistake.ts'
import { type Parts, resourcesOf } from '../parts.ts'
import type { Schema } from '../schema.ts'

const reasons: Readonly<Record<string, string>> = {
  date: 'JSON has no dates: keep ISO texts (`z.iso.datetime()`)',
  bigint: 'JSON has no bigint: keep a text or a safe integer',
  map: 'JSON has no maps: keep `z.record(…)`',
  set: 'JSON has no sets: keep a list',
  symbol: 'JSON has no symbols',
  nan: 'JSON has no NaN',
  function: 'JSON has no functions',
  promise: 'JSON has no promises',
  file: 'keep files in a bucket',
  transform: 'a transform would run again at each read: keep what comes in, and transform it in the handler',
  pipe: 'a pipe would run again at each read: keep what comes in, and convert it in the handler',
}

export function* jsonMistakes(parts: Parts): Generator<Mistake> {
  for (const kind of ['table', 'view'] as const) {
    for (const table of resourcesOf(parts, kind)) yield* notJson(table, table.spec.item.schema)
  }
  for (const queue of resourcesOf(parts, 'queue')) yield* notJson(queue, queue.spec.message.schema)
  for (const topic of resourcesOf(parts, 'topic')) yield* notJson(topic, topic.spec.event.schema)
}

function* notJson(resource: Resource, schema: Schema): Generator<Mistake> {
  const found = foreign(schema, '', new Set())
  if (!found) return
  const { kind, name } = resource
  const where = found.path === '' ? '' : ` at "${found.path}"`
  yield finding(
    'not-json',
    [resource],
    `The ${kind} "${name}" has a schema that cannot be kept${where}: z.${found.type}`,
    reasons[found.type] ?? 'keep plain JSON',
  )
}

interface Foreign {
  readonly type: string
  /** Attribute names down to it. */
  readonly path: string
}

/** The first part that JSON cannot hold, or that reads something else than it gives. */
function foreign(schema: Schema, path: string, seen: Set<Schema>): Foreign | undefined {
  if (seen.has(schema)) return undefined
  seen.add(schema)
  const { type } = schema.def
  if (type in reasons) return { type, path }
  for (const [name, part] of partsIn(schema)) {
    const found = foreign(part, [path, name].filter(Boolean).join('.'), seen)
    if (found) return found
  }
  return undefined
}

/** The schemas a schema is made of; fields of an object under their names. */
export function partsIn(schema: Schema): readonly (readonly [string, Schema])[] {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape) as (readonly [string, Schema])[]
  if (schema instanceof z.ZodLazy) return [['', schema.unwrap() as Schema]]
  return Object.values(schema.def)
    .flat()
    .filter((value): value is Schema => value instanceof z.ZodType)
    .map(part => ['', part] as const)
}
