/**
 * `endpoint`: a handler with an HTTP trigger. What comes in is validated, what goes out is parsed.
 */
import type { z } from 'zod'
import type { Authorizer } from './authorizer.ts'
import { type Call, erased, type Handle, type Handler } from './call.ts'
import type { Clients, Uses } from './grant.ts'
import type { Operation } from './operation.ts'
import { calledFrom } from './place.ts'
import type { Problem } from './problem.ts'
import type { Empty, In, Schema, WhenSettled } from './schema.ts'
import { bytes, type Duration, milliseconds, type Size } from './words.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Route = `${Method} /${string}`

type Names<P extends string> = P extends `${infer Head}/${infer Tail}`
  ? Names<Head> | Names<Tail>
  : P extends `:${infer N}`
    ? N
    : never
export type RouteParams<R extends string> = R extends `${Method} ${infer P}`
  ? { readonly [N in Names<P>]: string }
  : never

// ---------- answers ----------

declare const streamed: unique symbol
/** Server-sent events, each of this schema. */
export interface Streamed<S extends Schema> {
  readonly [streamed]: S
  readonly kind: 'stream'
  readonly event: S
}

/**
 * Says that an endpoint answers with server-sent events. The handler gives an async iterable.
 * @example returns: stream(Counter)
 */
export function stream<S extends Schema>(event: S): Streamed<S> {
  return { kind: 'stream', event } as Streamed<S>
}

/** A file: bytes or text of one of these media types. */
export interface FileReturned<T extends string> {
  readonly kind: 'file'
  readonly types: readonly T[]
}

export interface File<T extends string = string> {
  readonly type: T
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Offered as the name to save it under. */
  readonly name?: string
}

/**
 * Says that an endpoint answers with a file instead of JSON.
 * @example returns: file('image/svg+xml', 'text/csv')
 */
export function file<const T extends readonly [string, ...string[]]>(...types: T): FileReturned<T[number]> {
  return { kind: 'file', types }
}

/** No content: answered with 204. */
export interface Nothing {
  readonly kind: 'nothing'
}
export const nothing: Nothing = { kind: 'nothing' }

export type Returned = Schema | Streamed<Schema> | FileReturned<string> | Nothing
export type Returns = Returned | Readonly<Record<number, Schema>>

/** A good answer of a chosen status or with headers. */
export interface Answered<Status extends number, T> {
  readonly kind: 'answer'
  readonly status: Status
  readonly value: T
  readonly headers: AnswerHeaders
}

/** A header with several values (`set-cookie`) is sent once for each. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>

/**
 * Chooses among several good answers, or adds headers to one.
 * @example return answer(202, { jobId })
 */
export function answer<const Status extends number, const T>(
  status: Status,
  value: T,
  headers: AnswerHeaders = {},
): Answered<Status, Written<T>> {
  // The same value: only what the compiler made readonly on the way is not.
  return { kind: 'answer', status, value: value as Written<T>, headers }
}

/** Literals as they are written, and nothing readonly; the content of a file as it is. */
type Written<T> = T extends Uint8Array | AsyncIterable<unknown>
  ? T
  : T extends object
    ? { -readonly [K in keyof T]: Written<T[K]> }
    : T

export function isAnswered(value: unknown): value is Answered<number, unknown> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'answer'
}

type Values<R> =
  R extends Streamed<infer S>
    ? AsyncIterable<z.input<S>>
    : R extends FileReturned<infer T>
      ? File<T> | Answered<200, File<T>>
      : R extends Nothing
        ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the type void.
          void
        : R extends z.ZodType
          ? z.input<R> | Answered<200, z.input<R>>
          : R extends Readonly<Record<number, Schema>>
            ? { [N in keyof R & number]: z.input<R[N]> | Answered<N, z.input<R[N]>> }[keyof R & number]
            : never

type ReceivedOf<R> =
  R extends Streamed<infer S>
    ? AsyncIterable<z.output<S>>
    : R extends FileReturned<infer T>
      ? File<T>
      : R extends Nothing
        ? undefined
        : R extends z.ZodType
          ? z.output<R>
          : R extends Readonly<Record<number, Schema>>
            ? z.output<R[keyof R & number]>
            : never

// ---------- the endpoint ----------

export interface EndpointCall<Params, Query, Body, Headers, Caller> extends Call {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** What `headers` asked for. */
  readonly headers: Headers
  readonly caller: Caller
}

/** The types of an endpoint, seen from a client. */
export interface EndpointTypes {
  params: unknown
  query: unknown
  body: unknown
  headers: unknown
  returns: unknown
  fails: string
  caller: unknown
}

/** The largest body an endpoint accepts when it does not say. */
export const usualBody: Size = '1 MB'

/** In types only. */
export declare const typesOf: unique symbol

/** An endpoint as the framework keeps it. */
export interface Endpoint<in out T extends EndpointTypes> extends Handler {
  readonly [typesOf]: (types: T) => T
  readonly kind: 'endpoint'
  readonly method: Method
  /** With `:name` for parameters. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly caller: Authorizer<unknown>
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
  readonly headers?: Schema
  readonly returns: Returns
  readonly fails: Readonly<Record<string, number>>
  /** The request header that makes a retried request happen once. */
  readonly once?: string
  readonly maxBodyBytes: number
  /** Calls a second, in each process. */
  readonly pace?: number
  readonly handle: Handle
}

/** Any endpoint. */
// biome-ignore lint/suspicious/noExplicitAny: `Endpoint` is invariant in its types, so only `any` stands for all of them.
export type AnyEndpoint = Endpoint<any>

type ParamsOf<R extends string, P> = P extends z.ZodType ? z.output<P> : RouteParams<R>
type Given<S> = S extends z.ZodType ? z.output<S> : undefined
type EndpointOf<R extends string, Caller, P, Q, B, H, Ret, F> = Endpoint<{
  params: P extends z.ZodType ? In<P> : RouteParams<R>
  query: Q extends z.ZodType ? In<Q> : undefined
  body: B extends z.ZodType ? In<B> : undefined
  headers: H extends z.ZodType ? In<H> : undefined
  returns: ReceivedOf<Ret>
  fails: keyof F & string
  caller: Caller
}>

type HandleOf<Ret, F, C, U extends Uses> = WhenSettled<Ret, (call: C, uses: Clients<U>) => Outcome<Handled<Ret, F>>>
type Handled<Ret, F> = Values<Ret> | Problem<keyof F & string>
/** Said in three so that the compiler compares a promise with a promise, and names what differs instead of `then`. */
type Outcome<T> = T | Promise<T> | Operation<T, boolean>

/**
 * Declares an endpoint.
 * - `caller`: the authorizer, or `anyone`.
 * - `params`, `query`, `body`, `headers`: schemas; unknown body fields are refused. Parameters are strings without one.
 * - `returns`: a schema (200), several by status, `stream(…)`, `file(…)` or `nothing`. Fields the schema does not name never leave.
 * - `fails`: the problems a caller may meet, each with its HTTP status.
 * - `once`: a request header. A request retried with the same value is done once and answered the same, for 24 hours;
 *   the endpoint then writes in the operation it returns, and nowhere else. SQL cannot be part of it: a handler that
 *   writes to a database may run again after a crash, with the same `newId()`s: insert under them, `on conflict do nothing`.
 * - `timeout`: at most 29 seconds, the default. `maxBody`: at most 6 MB, default 1 MB.
 * - `pace`: at most so many calls a second, 1 to 1,000, are begun in each process, evenly; those above it wait, the
 *   addresses they come from taking turns, and are refused where that would take above ten seconds (`overloaded`, 503).
 *   For what a crowd may ask for and nobody is in a hurry for, such as signing in, so that other calls do not notice. On
 *   AWS a function has processes enough, and no pace.
 * @example
 * const show = endpoint('GET /products/:productId', {
 *   summary: 'One product', caller: anyone, returns: Product, fails: { 'not-found': 404 },
 *   uses: { products: products.reader },
 *   handle: async ({ params }, { products }) => (await products.get(params)) ?? problem('not-found'),
 * })
 */
export function endpoint<
  const R extends Route,
  Caller,
  Ret extends Returns,
  P extends z.ZodType<Record<keyof RouteParams<R>, unknown>> | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  H extends Schema | undefined = undefined,
  const F extends Readonly<Record<string, number>> = Empty,
  U extends Uses = Empty,
>(
  route: R,
  options: {
    readonly summary: string
    readonly description?: string
    readonly caller: Authorizer<Caller>
    readonly params?: P
    readonly query?: Q
    readonly body?: B
    readonly headers?: H
    readonly returns: Ret
    readonly fails?: F
    readonly once?: string
    readonly timeout?: Duration<'second' | 'millisecond'>
    readonly maxBody?: Size
    readonly pace?: number
    readonly uses?: U
    readonly handle: HandleOf<Ret, F, EndpointCall<ParamsOf<R, P>, Given<Q>, Given<B>, Given<H>, Caller>, U>
  },
): EndpointOf<R, Caller, P, Q, B, H, Ret, F> {
  const place = calledFrom(endpoint)
  const { timeout = '29 seconds', maxBody = usualBody, uses = {}, fails = {}, handle, ...rest } = options
  const [method, path] = route.split(' ', 2)
  return {
    kind: 'endpoint',
    ...rest,
    method,
    path,
    uses,
    fails,
    place,
    timeoutMs: milliseconds(timeout),
    maxBodyBytes: bytes(maxBody),
    handle: erased(handle),
  } as unknown as EndpointOf<R, Caller, P, Q, B, H, Ret, F>
}
