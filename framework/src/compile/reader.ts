/**
 * Readers: a schema made ready to read values fast. Zod's own compiler (`z.compile`) generates the code; this file adds
 * what a door to the world needs: refusing unknown fields, issues as JSON pointers, bounded work for hostile values.
 *
 * A value that fits takes the generated code only. A value that does not is read again by Zod's interpreter, so that
 * messages are always Zod's own. Parts that Zod cannot compile (coercion, say) are interpreted inside the generated
 * code; a schema that it cannot compile at all (one that holds itself, an asynchronous one), or a host that forbids
 * `new Function`, is interpreted as a whole: slower, with the same answers.
 */
import { z } from 'zod'
import { isLarge, isTooDeep, type Read, type Refused, refusal, refusedWith } from './issues.ts'
import { type Node, someNode } from './nodes.ts'
import { refuseUnknown } from './strict.ts'

export interface ReaderOptions {
  /**
   * What happens to fields that a plain `z.object` does not name: they are left out (`strip`, Zod's way, the default),
   * or the value is refused (`refuse`), at every depth. `z.looseObject` keeps them either way.
   */
  readonly unknown?: 'strip' | 'refuse'
}

export interface Reader<Value = unknown> {
  /** Whether Zod could generate code for the schema. Parts of it may still be interpreted. */
  readonly compiled: boolean
  /**
   * Whether the schema is known to have an asynchronous part: then only `readAsync` can read. The function of a
   * `superRefine` does not show it; that is found out with the first value.
   */
  readonly needsAsync: boolean
  /**
   * Reads a value as `schema.safeParse` does. Of a value that does not fit at most 50 issues are told, and of a large
   * one (more than 2,000 parts) perhaps only the first. The refinements and transforms of such a value run twice.
   * @throws TypeError when the schema needs `readAsync`
   * @throws what the author's own transforms and refinements throw
   */
  read(value: unknown): Read<Value>
  /** The same for every schema, those with asynchronous parts too; without such parts it waits for nothing. */
  readAsync(value: unknown): Promise<Read<Value>>
}

/**
 * Makes a reader of a schema. The code is generated when the first value is read (or `compiled` is asked), about 1 ms
 * for a body of ten fields, so that starting stays fast.
 * @example
 * const reader = compileReader(NewOrder, { unknown: 'refuse' })
 * const order = reader.read(JSON.parse(text))
 * if (!order.ok) return problem(400, order.issues)
 */
export function compileReader<S extends z.ZodType>(schema: S, options: ReaderOptions = {}): Reader<z.output<S>> {
  let made: Made<S> | undefined
  const making = () => {
    made ??= make(schema, options)
    return made
  }
  return {
    get compiled() {
      return making().fast !== undefined && !making().needsAsync
    },
    get needsAsync() {
      return making().needsAsync
    },
    read: value => read(made ?? making(), value),
    readAsync: value => readAsync(made ?? making(), value),
  }
}

interface Made<S extends z.ZodType> {
  /** The schema that Zod interprets. */
  readonly plain: S
  /** The same as generated code, where that was possible. */
  readonly fast: S | undefined
  /** Whether the schema has a `catch`, whose callback is shown the issues: it must be shown them all. */
  readonly showsIssues: boolean
  needsAsync: boolean
}

function make<S extends z.ZodType>(schema: S, options: ReaderOptions): Made<S> {
  const plain = options.unknown === 'refuse' ? refuseUnknown(schema) : schema
  return {
    plain,
    fast: compiled(plain),
    showsIssues: someNode(plain, node => node._zod.def.type === 'catch'),
    needsAsync: someNode(plain, isAsync),
  }
}

/** Generated code without Zod's way back to the interpreter, which would tell all issues at any cost. */
function compiled<S extends z.ZodType>(schema: S): S | undefined {
  const refused = { success: false, error: new z.ZodError([]) }
  const source = Object.assign(z.core.clone(schema), { safeParse: () => refused })
  const fast = z.compile(source)
  // Zod gives back the same schema where it can generate nothing.
  return fast === source ? undefined : fast
}

function read<S extends z.ZodType>(made: Made<S>, value: unknown): Read<z.output<S>> {
  const result = made.needsAsync ? undefined : readNow(made, value)
  if (result) return result
  throw new TypeError('This schema has asynchronous parts: read it with readAsync')
}

async function readAsync<S extends z.ZodType>(made: Made<S>, value: unknown): Promise<Read<z.output<S>>> {
  const result = made.needsAsync ? undefined : readNow(made, value)
  return result ?? readLater(made, value)
}

/** Gives nothing when the schema turns out to be asynchronous. */
function readNow<S extends z.ZodType>(made: Made<S>, value: unknown): Read<z.output<S>> | undefined {
  try {
    const first = made.fast?.safeParse(value)
    if (first?.success) return { ok: true, value: first.data }
    return resultOf(made.plain.safeParse(value, contextFor(made, value)))
  } catch (error) {
    made.needsAsync = error instanceof z.core.$ZodAsyncError
    return made.needsAsync ? undefined : refusedOrThrown(error)
  }
}

async function readLater<S extends z.ZodType>(made: Made<S>, value: unknown): Promise<Read<z.output<S>>> {
  try {
    return resultOf(await made.plain.safeParseAsync(value, contextFor(made, value)))
  } catch (error) {
    return refusedOrThrown(error)
  }
}

/** Zod's option to stop at the first issue is not in its public types yet; a Zod without it would only be slower. */
type Context = z.core.ParseContext<z.core.$ZodIssue> & { readonly abortEarly?: boolean }

const FIRST_ISSUE: Context = { abortEarly: true }

/** A hostile value of a megabyte with an issue in each part would otherwise block the process for a second. */
function contextFor(made: Made<z.ZodType>, value: unknown): Context | undefined {
  return !made.showsIssues && isLarge(value) ? FIRST_ISSUE : undefined
}

function resultOf<Value>(result: z.ZodSafeParseResult<Value>): Read<Value> {
  return result.success ? { ok: true, value: result.data } : refusal(result.error)
}

function refusedOrThrown(error: unknown): Refused {
  if (isTooDeep(error)) return refusedWith('Nested too deeply')
  throw error
}

/** Whether the node waits for a promise, or holds a function that is declared `async`. */
function isAsync(node: Node): boolean {
  const def = node._zod.def
  if (def.type === 'promise') return true
  if (def.type === 'transform') return isAsyncFunction(def.transform)
  if (def.type === 'custom' && isAsyncFunction(def.fn)) return true
  return (def.checks ?? []).some(isAsyncCheck)
}

/** A `.refine` keeps its function in the definition, a `.check` is one. */
function isAsyncCheck(check: z.core.$ZodCheck): boolean {
  return isAsyncFunction(check._zod.check) || ('fn' in check._zod.def && isAsyncFunction(check._zod.def.fn))
}

function isAsyncFunction(value: unknown): boolean {
  return typeof value === 'function' && Object.prototype.toString.call(value) === '[object AsyncFunction]'
}
