/** Schemas of a document for the page: references followed, kinds in words, samples. */
import type { JsonSchema, OpenApiDocument } from '../openapi/document.ts'

/** How far a schema that holds itself is followed. */
const deepest = 6

export class SchemaReader {
  readonly #schemas: Readonly<Record<string, JsonSchema>>

  constructor(document: OpenApiDocument) {
    this.#schemas = document.components.schemas
  }

  /** The schema itself, where it is a reference; `allOf` put together. */
  resolved(schema: JsonSchema): JsonSchema {
    const { $ref, ...rest } = schema
    const target = $ref === undefined ? undefined : this.#schemas[nameIn($ref)]
    if (target) return this.resolved({ ...target, ...rest })
    const parts = listOf(schema.allOf)
    if (parts.length === 0) return schema
    const all = parts.map(part => this.resolved(part))
    const { allOf: _, ...own } = schema
    return {
      ...Object.assign({}, ...all, own),
      properties: Object.assign({}, ...all.map(({ properties }) => properties), own.properties),
      required: [...all, own].flatMap(({ required = [] }) => required),
    }
  }

  /** A value that fits, as far as a schema can say that: what is required, with defaults and plausible texts. */
  sample(given: JsonSchema, depth = 0): unknown {
    const schema = this.resolved(given)
    const { const: constant, default: usual, examples, enum: values } = schema
    if (constant !== undefined) return constant
    if (usual !== undefined) return usual
    if (Array.isArray(examples) && examples.length > 0) return examples[0]
    if (Array.isArray(values)) return values[0]
    const [first] = alternatives(schema)
    if (first) return depth > deepest ? null : this.sample(first, depth + 1)
    return this.#sampleOfType(schema, depth)
  }

  #sampleOfType(schema: JsonSchema, depth: number): unknown {
    switch (typeOf(schema)) {
      case 'object':
        return depth > deepest ? {} : this.#sampleObject(schema, depth)
      case 'array':
        return depth > deepest || schema.maxItems === 0 ? [] : this.#sampleList(schema, depth)
      case 'string':
        return sampleText(schema)
      case 'integer':
      case 'number':
        return sampleNumber(schema)
      case 'boolean':
        return false
      default:
        return null
    }
  }

  #sampleObject({ properties = {}, required = [], additionalProperties }: JsonSchema, depth: number): unknown {
    const names = Object.keys(properties).filter(name => required.includes(name))
    const shown = names.length > 0 || depth > 0 ? names : Object.keys(properties)
    const fields = shown.map(name => [name, this.sample(properties[name] ?? {}, depth + 1)] as const)
    if (fields.length === 0 && isSchema(additionalProperties)) {
      return { key: this.sample(additionalProperties, depth + 1) }
    }
    return Object.fromEntries(fields)
  }

  #sampleList({ items, prefixItems, minItems }: JsonSchema, depth: number): unknown {
    const tuple = listOf(prefixItems)
    if (tuple.length > 0) return tuple.map(item => this.sample(item, depth + 1))
    const count = Math.max(typeof minItems === 'number' ? minItems : 1, 1)
    return Array.from({ length: count }, () => this.sample(isSchema(items) ? items : {}, depth + 1))
  }
}

export function nameIn(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

export function listOf(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value : []
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The alternatives of a schema, without the one that is null. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return [...listOf(schema.oneOf), ...listOf(schema.anyOf)].filter(each => each.type !== 'null')
}

/** The type of a schema; of several, the first that is not null. */
export function typeOf({ type, properties }: JsonSchema): string | undefined {
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return type.find(each => each !== 'null')
  return properties ? 'object' : undefined
}

const texts: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00',
  duration: 'PT1H',
  email: 'someone@example.org',
  uri: 'https://example.org/',
  uuid: '3f2b8a52-6c1d-4e7a-9b0f-5d8c7e6a4b21',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
}

function sampleText({ format, minLength = 0, maxLength = 100 }: JsonSchema): string {
  const known = typeof format === 'string' ? texts[format] : undefined
  return known ?? 'text'.padEnd(Number(minLength), '-').slice(0, Number(maxLength))
}

function sampleNumber({ type, minimum, maximum, exclusiveMinimum, multipleOf }: JsonSchema): number {
  const step = typeof multipleOf === 'number' ? multipleOf : 1
  const least =
    typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + step : step
  const most = typeof maximum === 'number' ? maximum : Number.POSITIVE_INFINITY
  const wished = Math.min(Math.max(step, least), most)
  return type === 'integer' ? Math.ceil(wished) : wished
}
