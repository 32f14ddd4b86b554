/**
 * Makes schemas code before a process starts that cannot wait for it: as the text of a module. Zod's own compiler generates
 * the code of readers; here it is caught as text, with the constants that it refers to. What holds anything that is no text
 * (somebody's function, a part that Zod interprets) is not prepared, and read by Zod later.
 */
import { z } from 'zod'
import { nodeOf, replaceNodes, withDefinition } from '../nodes.ts'
import type { ReaderOptions } from '../reader.ts'
import { serialiserSource } from '../serialiser.ts'
import { refuseUnknown } from '../strict.ts'
import { makers, methods, same } from './kind-names.ts'

/** The code of a reader: a function of the symbol that says "does not fit", which gives the reader. */
export function readerText(schema: z.ZodType, options: ReaderOptions = {}): string | undefined {
  const plain = options.unknown === 'refuse' ? refuseUnknown(schema) : schema
  const caught = generated(withoutCoercion(plain))
  if (!caught) return undefined
  const constants: string[] = []
  for (const [name, value] of caught.constants) {
    const text = constantText(value)
    if (text === undefined) return undefined
    constants.push(`const ${name} = ${text}`)
  }
  return `INVALID => {\n${constants.join('\n')}\n${caught.code}\n}`
}

/** The code of a serialiser: a function of what it calls beside itself. */
export function writerText(schema: z.ZodType): string {
  return `(text, plain, only) => {\n${serialiserSource(schema)}\n}`
}

/** kind-names.ts with those names alone of which each word stands in somebody's code: `words`. */
export function kindNamesText(words: ReadonlySet<string>): string {
  const stands = (name: string): boolean => name.split('.').every(word => words.has(word))
  const those = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => stands(name)))
  const kept = { makers: those(makers), methods: those(methods), same: same.filter(stands) }
  return Object.entries(kept)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
    .join('')
}

interface Caught {
  readonly constants: readonly (readonly [name: string, value: unknown])[]
  readonly code: string
}

/** What Zod hands to `new Function`, first of all for the parser. */
function generated(schema: z.core.$ZodType): Caught | undefined {
  const { Function: real } = globalThis
  let caught: Caught | undefined
  const construct = (_: object, given: string[]) => {
    const names = given.slice(1, -1)
    return (...values: unknown[]): unknown => {
      caught ??= { constants: names.map((name, at) => [name, values[at + 1]] as const), code: given.at(-1) ?? '' }
      return real(...given)(...values)
    }
  }
  try {
    Object.assign(globalThis, { Function: new Proxy(real, { construct }) })
    return z.compile(schema as z.ZodType) === schema ? undefined : caught
  } finally {
    Object.assign(globalThis, { Function: real })
  }
}

const coerceNumber = (value: unknown): unknown => {
  try {
    return Number(value)
  } catch {
    return value
  }
}

/** Zod interprets what it coerces. Numbers, as addresses have them, are made by a step before. */
function withoutCoercion(schema: z.core.$ZodType): z.core.$ZodType {
  const replaced = (node: z.core.$ZodTypes): z.core.$ZodType => {
    const { def } = node._zod
    if (def.type !== 'number' || !('coerce' in def) || def.coerce !== true) return node
    return z.pipe(z.transform(coerceNumber), withDefinition(nodeOf(node), { coerce: undefined }) as z.ZodNumber)
  }
  return replaceNodes(schema, replaced, () => false)
}

/** Zod's own functions that say all in their text. */
const closed: ReadonlySet<string> = new Set([
  '(input) => input.trim()',
  '(input) => input.toLowerCase()',
  '(input) => input.toUpperCase()',
])

/** By their names: what Zod's functions do that refer to others. */
const known: Readonly<Record<string, string>> = {
  codePointLength: 's => [...s].length',
  propertyIsEnumerable: 'Object.prototype.propertyIsEnumerable',
  // What a default gives is made anew each time.
  shallowClone: 'v => v',
  isPlainObject: `o => {
    if (typeof o !== 'object' || o === null || Array.isArray(o)) return false
    const make = o.constructor
    if (typeof make !== 'function') return true
    const shared = make.prototype
    return typeof shared === 'object' && shared !== null && !Array.isArray(shared) && Object.hasOwn(shared, 'isPrototypeOf')
  }`,
}

/** A constant as text; undefined where it is none. */
function constantText(value: unknown): string | undefined {
  if (value instanceof RegExp) return String(value)
  if (value instanceof Set) return listText('new Set(', [...value], ')')
  if (Array.isArray(value)) return listText('', value, '')
  if (typeof value === 'function') return functionText(value as (...all: unknown[]) => unknown)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' || value === undefined) return Object.is(value, -0) ? '-0' : String(value)
  return typeof value === 'object' && value !== null ? undefined : JSON.stringify(value)
}

function listText(before: string, values: readonly unknown[], after: string): string | undefined {
  const texts = values.map(constantText)
  return texts.includes(undefined) ? undefined : `${before}[${texts.join(', ')}]${after}`
}

function functionText(value: (...all: unknown[]) => unknown): string | undefined {
  const text = String(value)
  if (isCoercion(value, text)) return 'v => { try { return Number(v) } catch { return v } }'
  if (closed.has(text)) return text
  if (value.name === 'floatSafeRemainder') return `(${text})`
  if (text === '() => schema._zod.def.defaultValue') return defaultText(value())
  return Object.hasOwn(known, value.name) ? known[value.name] : undefined
}

/** Zod calls a step through a function of its own. Whose step it is shows in what it makes of something only it can read. */
function isCoercion(value: (...all: unknown[]) => unknown, text: string): boolean {
  if (!text.includes('transformFn(')) return false
  try {
    return value({ [Symbol.toPrimitive]: () => 41 }) === 41
  } catch {
    return false
  }
}

/** A default is a value here: one that a function makes is not prepared at all. */
function defaultText(value: unknown): string | undefined {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined || JSON.stringify(JSON.parse(json)) !== json || !isJson(value)) return undefined
  return `() => (${json})`
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return true
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.values(value).every(isJson)
}
