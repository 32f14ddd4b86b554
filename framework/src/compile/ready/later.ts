/**
 * Schemas without Zod: stands in for `zod` where a process must start fast and its schemas were made code before (see
 * prepare.ts). A schema is remembered as how it is made. What reads it is looked up by that; Zod itself is loaded, and the
 * schema really made, when something is asked of it that nobody prepared: a value that does not fit (its issues are Zod's
 * own), a schema with a function in it, anything else than reading.
 *
 * So what is prepared is fast, and everything else is as it would be, later.
 */
import type { z } from 'zod'
import { isTooDeep, refusedWith } from '../issues.ts'
import type { Reader, ReaderOptions } from '../reader.ts'
import { jsonText } from '../text.ts'
import type { Writer, Written } from '../writer.ts'
import { only, plainJson } from '../written.ts'
import { type Kind, keepsHow, kindAfter, kindOf, makes, namespaces } from './kinds.ts'

/** Zod, and what makes readers and writers of its schemas. */
export interface Whole {
  readonly z: object
  compileReader(schema: z.ZodType, options?: ReaderOptions): Reader
  compileWriter(schema: z.ZodType): Writer
}

type Parse = (value: unknown) => unknown

/** Code by what it reads or writes. */
export interface Ready {
  readonly readers: Readonly<Record<string, (invalid: symbol) => Parse>>
  readonly writers: Readonly<
    Record<
      string,
      (text: typeof jsonText, plain: typeof plainJson, rest: typeof only) => (value: unknown) => string | undefined
    >
  >
}

/** Told of each schema that something reads or writes: for whoever prepares. */
export interface Asked {
  readonly key: string | undefined
  readonly does: 'read' | 'write'
  readonly options: ReaderOptions
  real(): z.ZodType
}

export interface LaterOptions {
  readonly ready: Ready
  load(): Whole
  /** A short name for a long text; other texts have others. */
  digest(text: string): string
  readonly asked?: ((asked: Asked) => void) | undefined
}

/** How a stand-in is made. */
interface Made {
  /** As text; undefined where a function is in it. */
  how(): string | undefined
  readonly kind: Kind | undefined
  real(): object
  /** Its fields, where it is known to be an object. */
  readonly shape: Readonly<Record<string, unknown>> | undefined
  /** What it was made from by a method. */
  readonly from: object | undefined
}

export interface Later {
  readonly z: object
  compileReader(schema: z.ZodType, options?: ReaderOptions): Reader
  compileWriter(schema: z.ZodType): Writer
}

/** A digest that needs no `crypto`, which takes longer to load than all else here. Not for texts that somebody else chooses. */
export function nameOf(text: string): string {
  // The length, and 53 bits of two lanes that take in each character: this runs before any compiler has seen it.
  let one = 0xdeadbeef
  let two = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x9e3779b1)
    two = Math.imul(two ^ code, 0x5f356495)
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(two ^ (two >>> 13), 0xc2b2ae35)
  two = Math.imul(two ^ (two >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35)
  return `${text.length}.${(0x1_0000_0000 * (two & 0x1f_ffff) + (one >>> 0)).toString(36)}`
}

export function later(options: LaterOptions): Later {
  return new StandIns(options)
}

const invalid = Symbol.for('zod.compile.invalid')

class StandIns implements Later {
  readonly z: object
  readonly #options: LaterOptions
  readonly #made = new WeakMap<object, Made>()
  /** Names of texts: what is written is read, too. */
  readonly #keys = new Map<string, string>()
  #whole: Whole | undefined

  constructor(options: LaterOptions) {
    this.#options = options
    this.z = this.#namespace('', () => this.#loaded().z)
  }

  readonly compileReader = (schema: z.ZodType, options: ReaderOptions = {}): Reader => {
    this.#tell(schema, 'read', options)
    let fast: Parse | undefined | null = null
    let slow: Reader | undefined
    const whole = (): Reader => {
      slow ??= this.#loaded().compileReader(this.#real(schema), options)
      return slow
    }
    return {
      get compiled() {
        return whole().compiled
      },
      get needsAsync() {
        return whole().needsAsync
      },
      read: value => {
        if (fast === null) fast = this.#parserOf(schema, options)
        const read = fast === undefined ? invalid : fast(value)
        return read === invalid ? whole().read(value) : { ok: true, value: read }
      },
      readAsync: value => whole().readAsync(value),
    }
  }

  readonly compileWriter = (schema: z.ZodType): Writer => {
    this.#tell(schema, 'write', {})
    const reader = this.compileReader(schema)
    let fast: ((value: unknown) => string | undefined) | undefined | null = null
    let slow: Writer | undefined
    const whole = (): Writer => {
      slow ??= this.#loaded().compileWriter(this.#real(schema))
      return slow
    }
    return {
      get compiled() {
        return whole().compiled
      },
      get needsAsync() {
        return whole().needsAsync
      },
      write: value => {
        if (fast === null) fast = this.#serialiserOf(schema)
        if (fast === undefined) return whole().write(value)
        const read = reader.read(value)
        return read.ok ? written(fast, read.value) : read
      },
      writeAsync: value => whole().writeAsync(value),
    }
  }

  #tell(schema: z.ZodType, does: Asked['does'], options: ReaderOptions): void {
    this.#options.asked?.({ key: this.#keyOf(schema, options), does, options, real: () => this.#real(schema) })
  }

  #parserOf(schema: object, options: ReaderOptions): Parse | undefined {
    const key = this.#keyOf(schema, options)
    return key === undefined ? undefined : this.#options.ready.readers[key]?.(invalid)
  }

  #serialiserOf(schema: object): ReturnType<Ready['writers'][string]> | undefined {
    const key = this.#keyOf(schema, {})
    return key === undefined ? undefined : this.#options.ready.writers[key]?.(jsonText, plainJson, only)
  }

  #keyOf(schema: object, { unknown = 'strip' }: ReaderOptions): string | undefined {
    const how = this.#made.get(schema)?.how()
    if (how === undefined) return undefined
    const text = `${unknown} ${how}`
    const key = this.#keys.get(text) ?? this.#options.digest(text)
    this.#keys.set(text, key)
    return key
  }

  #loaded(): Whole {
    this.#whole ??= this.#options.load()
    return this.#whole
  }

  #real(schema: object): z.ZodType {
    // Whoever asks has a schema: a stand-in's is made by Zod itself.
    return (this.#made.get(schema)?.real() ?? schema) as z.ZodType
  }

  // ---------- Zod's own names

  /** `z`, `z.iso`, `z.coerce`: functions that make schemas are remembered, everything else is Zod's. */
  #namespace(path: string, real: () => object): object {
    const known = new Map<string | symbol, unknown>()
    return new Proxy(Object.create(null) as object, {
      get: (_, name) => {
        if (!known.has(name)) known.set(name, this.#member(path, name, real))
        return known.get(name)
      },
      has: (_, name) => name in real(),
    })
  }

  #member(path: string, name: string | symbol, real: () => object): unknown {
    if (typeof name === 'symbol' || name === 'then') return undefined
    if (path === '' && namespaces.has(name)) return this.#namespace(`${name}.`, () => Reflect.get(real(), name))
    const whole = path + name
    if (makes(whole)) return (...given: unknown[]) => this.#maker(whole, given, real)
    if (/^Zod[A-Z]/.test(name)) return this.#type(name, real)
    const value: unknown = Reflect.get(real(), name)
    return typeof value === 'function'
      ? (...given: unknown[]) =>
          value.apply(
            real(),
            given.map(each => this.#bare(each)),
          )
      : value
  }

  #maker(name: string, given: readonly unknown[], real: () => object): object {
    const make = (): object => {
      const found: unknown = Reflect.get(real(), name.slice(name.indexOf('.') + 1))
      return (found as (...all: unknown[]) => object)(...given.map(each => this.#bare(each)))
    }
    return this.#standIn({
      how: this.#remembered(() => name, given),
      kind: kindOf(name),
      real: make,
      shape: kindOf(name) === 'ZodObject' ? ((given[0] ?? {}) as Made['shape']) : undefined,
      from: name === 'array' ? (given[0] as object) : undefined,
    })
  }

  /** Stands in for a class of Zod's, for `instanceof`. */
  #type(name: string, real: () => object): unknown {
    const isOne = (value: unknown): boolean => {
      const made = typeof value === 'object' && value !== null ? this.#made.get(value) : undefined
      if (made && (name === 'ZodType' || made.kind !== undefined)) return name === 'ZodType' || made.kind === name
      if (!made && this.#whole === undefined) return false
      const type = Reflect.get(real(), name) as new (...all: unknown[]) => object
      return typeof value === 'object' && value !== null && this.#real(value) instanceof type
    }
    return new Proxy(function standsIn() {}, {
      get: (_, key) => (key === Symbol.hasInstance ? isOne : Reflect.get(Reflect.get(real(), name) as object, key)),
      construct: (_, given) => new (Reflect.get(real(), name) as new (...all: unknown[]) => object)(...given),
    })
  }

  // ---------- schemas

  #standIn(made: Omit<Made, 'real'> & { real(): object }): object {
    let real: object | undefined
    const once = (): object => {
      real ??= made.real()
      return real
    }
    const schema: object = new Proxy(Object.create(null) as object, {
      get: (_, name) => this.#part(schema, { ...made, real: once }, name),
      has: (_, name) => (name === '_zod' ? true : name === 'kind' || name === 'then' ? false : name in once()),
      ownKeys: () => Reflect.ownKeys(once()),
      getPrototypeOf: () => Reflect.getPrototypeOf(once()),
    })
    this.#made.set(schema, { ...made, real: once })
    return schema
  }

  #part(schema: object, made: Made, name: string | symbol): unknown {
    if (name === 'then' || name === 'kind') return undefined
    if (name === 'shape' && made.shape) return made.shape
    if (name === 'unwrap' && made.from && unwraps.has(made.kind ?? '')) return () => made.from
    if (name === 'parse' || name === 'safeParse') return this.#parse(schema, made, name)
    if (typeof name === 'string' && kindAfter(name, made.kind) !== 'unknown') {
      return (...given: unknown[]) => this.#method(schema, made, name, given)
    }
    const value: unknown = Reflect.get(made.real(), name)
    return typeof value === 'function' ? value.bind(made.real()) : value
  }

  #method(schema: object, made: Made, name: string, given: readonly unknown[]): object {
    const kind = kindAfter(name, made.kind)
    const bare = () => given.map(each => this.#bare(each))
    return this.#standIn({
      how: keepsHow.has(name) ? made.how : this.#remembered(() => joined(made.how(), name), given),
      kind: kind === 'unknown' ? undefined : kind,
      real: () => (Reflect.get(made.real(), name) as (...all: unknown[]) => object).apply(made.real(), bare()),
      shape: made.shape && shapeAfter(made.shape, name, given),
      from: schema,
    })
  }

  /** Reads as the schema does: with the code that is ready, where there is some. */
  #parse(schema: object, made: Made, name: 'parse' | 'safeParse'): unknown {
    this.#tell(schema as z.ZodType, 'read', {})
    return (value: unknown, ...more: unknown[]) => {
      const fast = more.length === 0 ? this.#parserOf(schema, {}) : undefined
      const read = fast ? fast(value) : invalid
      if (read !== invalid) return name === 'parse' ? read : { success: true, data: read }
      return (Reflect.get(made.real(), name) as (...all: unknown[]) => unknown).call(made.real(), value, ...more)
    }
  }

  /** What Zod is given: real schemas, however deep they stand in it. */
  #bare(given: unknown): unknown {
    if (typeof given === 'function')
      return given.length === 0 ? (...all: unknown[]) => this.#bare(given(...all)) : given
    if (typeof given !== 'object' || given === null) return given
    if (this.#made.has(given)) return this.#real(given)
    if (Array.isArray(given)) return given.map(each => this.#bare(each))
    if (!isPlain(given)) return given
    const bare: object = {}
    for (const key of Reflect.ownKeys(given)) {
      const { get, value, ...rest } = Reflect.getOwnPropertyDescriptor(given, key) ?? {}
      const accessor = get && { get: () => this.#bare(get.call(given)), configurable: true, enumerable: true }
      Reflect.defineProperty(bare, key, accessor ?? { ...rest, value: this.#bare(value) })
    }
    return bare
  }

  /** How something is made, as text: found out when it is asked for. */
  #remembered(name: () => string | undefined, given: readonly unknown[]): () => string | undefined {
    let known: string | undefined | null = null
    return () => {
      if (known === null) known = this.#text(name(), given)
      return known
    }
  }

  #text(name: string | undefined, given: readonly unknown[]): string | undefined {
    if (name === undefined) return undefined
    const parts = given.map(each => this.#textOf(each))
    return parts.includes(undefined) ? undefined : `${name}(${parts.join(',')})`
  }

  #textOf(given: unknown): string | undefined {
    if (typeof given === 'bigint' || typeof given === 'undefined') return String(given)
    if (typeof given === 'function' || typeof given === 'symbol') return undefined
    if (typeof given === 'number') return Object.is(given, -0) ? '-0' : String(given)
    if (typeof given !== 'object' || given === null) return JSON.stringify(given)
    const made = this.#made.get(given)
    if (made) return made.how()
    if (given instanceof RegExp) return String(given)
    if (Array.isArray(given)) return this.#text('', given)
    return isPlain(given) ? this.#fieldsText(given) : undefined
  }

  #fieldsText(given: object): string | undefined {
    const all = Object.entries(Object.getOwnPropertyDescriptors(given))
    const parts = all.map(([name, { value, get }]) => (get ? undefined : this.#text(JSON.stringify(name), [value])))
    return parts.includes(undefined) ? undefined : `{${parts.join(',')}}`
  }
}

const unwraps = new Set<string>(['ZodOptional', 'ZodNullable', 'ZodDefault', 'ZodArray'])

function joined(how: string | undefined, name: string): string | undefined {
  return how === undefined ? undefined : `${how}.${name}`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type Fields = Readonly<Record<string, unknown>>

function shapeAfter(shape: Fields, name: string, [given]: readonly unknown[]): Fields | undefined {
  const fields = Object.entries(shape)
  const named = (typeof given === 'object' && given !== null ? given : {}) as Fields
  switch (name) {
    case 'extend':
    case 'safeExtend':
      return Object.defineProperties(
        {},
        { ...Object.getOwnPropertyDescriptors(shape), ...Object.getOwnPropertyDescriptors(named) },
      )
    case 'pick':
      return Object.fromEntries(fields.filter(([field]) => named[field]))
    case 'omit':
      return Object.fromEntries(fields.filter(([field]) => !named[field]))
    case 'meta':
    case 'describe':
    case 'strict':
    case 'loose':
    case 'strip':
    case 'refine':
    case 'superRefine':
    case 'brand':
      return shape
    default:
      return undefined
  }
}

function written(serialise: (value: unknown) => string | undefined, value: unknown): Written {
  try {
    return { ok: true, json: serialise(value) ?? '' }
  } catch (error) {
    if (isTooDeep(error)) return refusedWith('Nested too deeply')
    if (error instanceof TypeError) return refusedWith(`Cannot be written as JSON: ${error.message}`)
    throw error
  }
}
