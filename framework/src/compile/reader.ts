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
   * Reads a value as `schema.safeParse` does. Of a large value (more than 2,000 parts) that does not fit, only the
   * first issue may be told.
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
      return making().compiled && !making().needsAsync
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
  /** The same with generated code before it, where that was possible. */
  readonly fast: S
  readonly compiled: boolean
  needsAsync: boolean
  /** How the fast one runs the interpreter on a value that it refuses. */
  readonly context: Context
}

/** Zod's option to stop at the first issue is not in its public types yet; a Zod without it would only be slower. */
type Context = z.core.ParseContext<z.core.$ZodIssue> & { readonly abortEarly?: boolean }

/** Without it, a hostile value of a megabyte with an issue in each part would block the process for a second. */
const FIRST_ISSUE: Context = { abortEarly: true }
const ALL_ISSUES: Context = {}

function make<S extends z.ZodType>(schema: S, options: ReaderOptions): Made<S> {
  const plain = options.unknown === 'refuse' ? refuseUnknown(schema) : schema
  // Gives back the same schema where it can generate nothing.
  const fast = z.compile(plain)
  return {
    plain,
    fast,
    compiled: fast !== plain,
    needsAsync: someNode(plain, isAsync),
    // The callback of a `catch` is shown the issues, so it must be shown them all.
    context: someNode(plain, node => node._zod.def.type === 'catch') ? ALL_ISSUES : FIRST_ISSUE,
  }
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
    const first = made.fast.safeParse(value, made.context)
    if (first.success) return { ok: true, value: first.data }
    return resultOf(isExplained(made, value) ? first : made.plain.safeParse(value))
  } catch (error) {
    made.needsAsync = error instanceof z.core.$ZodAsyncError
    return made.needsAsync ? undefined : refusedOrThrown(error)
  }
}

async function readLater<S extends z.ZodType>(made: Made<S>, value: unknown): Promise<Read<z.output<S>>> {
  try {
    const first = await made.plain.safeParseAsync(value, made.context)
    return resultOf(first.success || isExplained(made, value) ? first : await made.plain.safeParseAsync(value))
  } catch (error) {
    return refusedOrThrown(error)
  }
}

/** Whether what the first run says about a value that does not fit is all that will be said. */
function isExplained(made: Made<z.ZodType>, value: unknown): boolean {
  return made.context === ALL_ISSUES || isLarge(value)
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
