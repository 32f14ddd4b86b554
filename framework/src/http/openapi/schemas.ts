/**
 * Schemas as JSON Schema: what a caller may send, and what an answer holds. Schemas that have an id (`.meta({ id })`)
 * or hold themselves become components, once; a schema whose two sides differ (defaults are optional on the way in) has
 * one component for each.
 */
import { z } from 'zod'
import type { Schema } from '../../plan/schema.ts'
import type { JsonSchema } from './document.ts'

/** `body`: unknown fields are refused. `given`: query, headers, parameters. `answer`: what comes back. */
export type Use = 'body' | 'given' | 'answer'

type Mutable = { -readonly [K in keyof JsonSchema]: JsonSchema[K] }

export class Schemas {
  readonly #named = new Map<string, { readonly closure: string; readonly schema: JsonSchema }>()

  /** A schema for a place in the document; `hint` names it where it has to have a name. */
  of(schema: Schema, use: Use, hint: string): JsonSchema {
    const { $schema: _, $defs = {}, ...root } = jsonSchema(schema, use)
    const parts = $defs as Readonly<Record<string, JsonSchema>>
    const all: Readonly<Record<string, JsonSchema>> = { ...parts, '': root }
    const names = new Map<string, string>()
    for (const part of Object.keys(parts)) names.set(part, this.#nameFor(part, all, use, hint))
    if (refersTo(all, '')) names.set('', this.#nameFor('', all, use, hint))
    for (const [part, name] of names) {
      this.#named.set(name, { closure: closureOf(all, part), schema: renamed(all[part] ?? {}, names) })
    }
    const own = names.get('')
    return own === undefined ? renamed(root, names) : refTo(own)
  }

  /** The components, by name. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#named].map(([name, { schema }]) => [name, schema] as const).sort(byName))
  }

  /** The schema itself, where it is a reference. */
  resolved(schema: JsonSchema): JsonSchema {
    const name = schema.$ref?.replace(componentPath, '')
    return (name === undefined ? undefined : this.#named.get(name)?.schema) ?? schema
  }

  #nameFor(part: string, all: Readonly<Record<string, JsonSchema>>, use: Use, hint: string): string {
    const closure = closureOf(all, part)
    const wished = part === '' || part.startsWith('__') ? capital(hint) : part.replace(/[^\w.-]/g, '_')
    const tries = [wished, `${wished}${use === 'answer' ? 'Answer' : 'Given'}`]
    for (let number = 2; ; number++) {
      const free = tries.find(name => (this.#named.get(name)?.closure ?? closure) === closure)
      if (free !== undefined) return free
      tries.push(`${wished}${number}`)
    }
  }
}

const componentPath = '#/components/schemas/'

function refTo(name: string): JsonSchema {
  return { $ref: componentPath + name }
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

function jsonSchema(schema: Schema, use: Use): JsonSchema {
  return z.toJSONSchema(schema, {
    io: use === 'answer' ? 'output' : 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: made }) => {
      const { def } = zodSchema._zod
      if (def.type === 'date') Object.assign(made, { type: 'string', format: 'date-time' })
      if (def.type !== 'object' || def.catchall !== undefined) return
      // A body is refused for a field it should not have; an answer may get new ones.
      if (use === 'body') made.additionalProperties = false
      else delete made.additionalProperties
    },
  }) as JsonSchema
}

/** Everything a part leads to, as text: equal texts, equal schemas. */
function closureOf(all: Readonly<Record<string, JsonSchema>>, part: string): string {
  const reached = new Set([part])
  for (const each of reached) for (const next of refsIn(all[each])) reached.add(next)
  return JSON.stringify([...reached].map(each => [each, all[each]]))
}

function refersTo(all: Readonly<Record<string, JsonSchema>>, part: string): boolean {
  return Object.values(all).some(each => refsIn(each).includes(part))
}

/** The parts of a converted schema that it points to: `#` is the whole, `#/$defs/Name` a part. */
function refsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (isRefKey(key, inner) ? [partOf(inner)] : refsIn(inner)))
}

function isRefKey(key: string, value: unknown): value is string {
  return key === '$ref' && typeof value === 'string'
}

function partOf(ref: string): string {
  return ref === '#' ? '' : ref.slice('#/$defs/'.length)
}

function renamed(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  return rewritten(schema, names) as JsonSchema
}

function rewritten(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(each => rewritten(each, names))
  if (typeof value !== 'object' || value === null) return value
  const result: Mutable = {}
  for (const [key, inner] of Object.entries(value)) {
    const name = isRefKey(key, inner) ? names.get(partOf(inner)) : undefined
    result[key] = name === undefined ? rewritten(inner, names) : componentPath + name
  }
  return result
}
