/** Schemas as people read them: fields with their kinds, bounds and meanings. */
import type { JsonSchema } from '../openapi/document.ts'
import { type Html, html, type Put } from './html.ts'
import { alternatives, isSchema, listOf, nameIn, type SchemaReader, typeOf } from './schemas.ts'

/** The whole of a schema. */
export function schemaView(reader: SchemaReader, schema: JsonSchema): Html {
  return html`<div class="schema">${partView(reader, schema, [])}</div>`
}

/** What is inside a schema; nothing where its kind says all. `above` are the names of the schemas it stands in. */
function partView(reader: SchemaReader, given: JsonSchema, above: readonly string[]): Html | undefined {
  const name = given.$ref === undefined ? undefined : nameIn(given.$ref)
  if (name !== undefined && above.includes(name)) return undefined
  const inside = name === undefined ? above : [...above, name]
  const schema = reader.resolved(given)
  const choices = alternatives(schema)
  if (choices.length > 1 && choices.some(choice => isObject(reader, choice))) {
    const items = choices.map(choice => html`<li>${partView(reader, choice, inside) ?? kindOf(reader, choice)}</li>`)
    return html`<p class="hint">One of</p><ul class="choices">${items}</ul>`
  }
  const [only] = choices
  if (only) return partView(reader, only, inside)
  if (typeOf(schema) === 'array') return isSchema(schema.items) ? partView(reader, schema.items, inside) : undefined
  return typeOf(schema) === 'object' ? fieldsView(reader, schema, inside) : undefined
}

function isObject(reader: SchemaReader, schema: JsonSchema): boolean {
  return typeOf(reader.resolved(schema)) === 'object'
}

function fieldsView(reader: SchemaReader, schema: JsonSchema, above: readonly string[]): Html | undefined {
  const { properties = {}, required = [], additionalProperties } = schema
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = !required.includes(name)
    return fieldView(name, reader, field, optional, above)
  })
  if (isSchema(additionalProperties) && Object.keys(additionalProperties).length > 0) {
    fields.push(fieldView('any name', reader, additionalProperties, true, above))
  }
  return fields.length === 0 ? undefined : html`<ul class="fields">${fields}</ul>`
}

function fieldView(
  name: string,
  reader: SchemaReader,
  field: JsonSchema,
  optional: boolean,
  above: readonly string[],
): Html {
  const inside = partView(reader, field, above)
  return html`<li>
    <div class="field"><code class="name">${name}</code> <span class="kind">${kindOf(reader, field)}</span>${
      optional && html` <span class="optional">optional</span>`
    }</div>
    ${describedBy(reader.resolved(field))}${inside}
  </li>`
}

/** What the author says about it. */
export function describedBy({ description }: JsonSchema): Put {
  return description !== undefined && html`<p class="about">${description}</p>`
}

/** The kind of a schema in a few words, with its bounds. */
export function kindOf(reader: SchemaReader, given: JsonSchema): string {
  const schema = reader.resolved(given)
  const { const: constant, enum: values, default: usual } = schema
  const kind = kindWithoutDefault(reader, schema, constant, values)
  return usual === undefined ? kind : `${kind}, default ${JSON.stringify(usual)}`
}

function kindWithoutDefault(reader: SchemaReader, schema: JsonSchema, constant: unknown, values: unknown): string {
  if (constant !== undefined) return JSON.stringify(constant)
  if (Array.isArray(values)) return values.map(value => JSON.stringify(value)).join(' or ')
  const choices = alternatives(schema)
  if (choices.length > 0) {
    const kinds = [...new Set(choices.map(choice => kindOf(reader, choice)))]
    return kinds.join(' or ') + (isNullable(schema) ? ' or null' : '')
  }
  const nullable = isNullable(schema) ? ' or null' : ''
  return `${plainKind(reader, schema)}${nullable}`
}

function isNullable({ type, oneOf, anyOf }: JsonSchema): boolean {
  return (
    (Array.isArray(type) && type.includes('null')) ||
    [...listOf(oneOf), ...listOf(anyOf)].some(each => each.type === 'null')
  )
}

const formats: Readonly<Record<string, string>> = {
  'date-time': 'date and time',
  date: 'date',
  email: 'e-mail address',
  uri: 'URL',
  uuid: 'UUID',
}

function plainKind(reader: SchemaReader, schema: JsonSchema): string {
  switch (typeOf(schema)) {
    case 'string': {
      const { format, minLength, maxLength } = schema
      const known = typeof format === 'string' ? (formats[format] ?? format) : 'text'
      return `${known}${bounds(minLength, maxLength, ' characters')}`
    }
    case 'integer':
      return `whole number${bounds(safe(schema.minimum), safe(schema.maximum), '')}`
    case 'number':
      return `number${bounds(schema.minimum, schema.maximum, '')}`
    case 'boolean':
      return 'true or false'
    case 'array': {
      const items = isSchema(schema.items) ? kindOf(reader, schema.items).replace(/^object/, 'objects') : 'anything'
      return `list of ${items}${bounds(schema.minItems, schema.maxItems, ' items')}`
    }
    case 'object':
      return 'object'
    default:
      return 'anything'
  }
}

/** Every whole number is within these; that needs no word. */
function safe(bound: unknown): unknown {
  return typeof bound === 'number' && Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound
}

function bounds(least: unknown, most: unknown, unit: string): string {
  if (least !== undefined && least === most) return `, ${least}${unit}`
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}${unit}`
  if (least !== undefined) return `, at least ${least}${unit}`
  return most === undefined ? '' : `, at most ${most}${unit}`
}
