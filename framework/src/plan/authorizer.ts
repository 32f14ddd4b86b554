/**
 * Authorizers: they turn a request into a typed caller, or refuse it. An endpoint names one, or says `anyone`.
 */
import type { z } from 'zod'
import type { ApiKeys } from './api-keys.ts'
import type { Clients, Uses } from './grant.ts'
import { calledFrom, type Place } from './place.ts'
import type { Problem } from './problem.ts'
import type { Empty, In, Schema, WhenSettled } from './schema.ts'

/** In types only: who `call.caller` is. */
export declare const callerOf: unique symbol

/** What an authorizer may look at. Header names are in lower case. */
export interface Credentials {
  header(name: string): string | undefined
  cookie(name: string): string | undefined
  readonly method: string
  readonly path: string
  /** The address the request came from, as the trusted proxy says. */
  readonly address: string
  readonly at: Date
}

/** How often one caller may call: approximate, per process. */
export interface Allowance {
  readonly key: string
  readonly perSecond: number
  readonly burst: number
}

/** A caller with an allowance of its own. */
export interface Allowed<C> {
  readonly kind: 'allowed'
  readonly caller: C
  readonly allowance: Allowance
}

export type Refusal = Problem<'not-authenticated' | 'not-allowed' | 'quota-used-up'>

/** `undefined` means: nobody I know (`not-authenticated`, 401). */
export type Verdict<C> = C | Allowed<C> | Refusal | undefined

export type Scheme = 'anyone' | 'internal' | 'custom'

export interface Authorizer<out Caller> {
  readonly [callerOf]: Caller
  readonly kind: 'authorizer'
  readonly name: string
  readonly scheme: Scheme
  /** What a caller is; absent for `anyone`. */
  readonly schema?: Schema
  /** How a request shows who it is, for the OpenAPI document. */
  readonly shownBy?: ShownBy
  readonly uses: Uses
  /** The API keys that it asks for. */
  readonly apiKeys?: ApiKeys<string>
  /** Makes what it remembers between requests, once in each process. */
  readonly remembers?: () => unknown
  /** What is wrong with what it was asked for: the check of the plan says so. */
  readonly flaws?: readonly Flaw[]
  /** Whether a caller that another authorizer of its family let in may come in here, too. */
  readonly admits?: (caller: unknown) => Refusal | undefined
  authorize(request: Credentials, uses: Clients<Uses>, memory: unknown): Promise<Verdict<unknown>> | Verdict<unknown>
  place(): Place | undefined
}

type Authorize<S, U extends Uses, M> = WhenSettled<
  S,
  (request: Credentials, uses: Clients<U>, memory: M) => Promise<Verdict<In<S>>> | Verdict<In<S>>
>

/** Why an authorizer lets nobody in: a sentence without its full stop, and a way out. */
export interface Flaw {
  readonly message: string
  readonly wayOut: string
}

/** Where the credential stands in a request. */
export type ShownBy = { readonly header: string } | { readonly cookie: string } | { readonly bearer: string }

/**
 * Declares an authorizer.
 * - `caller`: what `call.caller` will be.
 * - `shownBy`: where the credential stands, for the OpenAPI document. Default: the `authorization` header, as a bearer token.
 * - `remembers`: makes what it keeps in memory between requests; authorizers with the same function share it in a process.
 *   Nothing in it may be needed to be right: another process does not have it.
 * - `flaws`: mistakes that a word which makes authorizers has found, for the check of the plan.
 * - `admits`: authorizers whose names are the same up to a `/` are a family. A caller that one of them let in, and that a
 *   service hands on, comes in here when `admits` gives nothing. Default: services hand on to the very same authorizer.
 * @example
 * const customer = authorizer('customer', {
 *   caller: Customer,
 *   uses: { sessions: sessions.reader },
 *   authorize: async (request, { sessions }) => sessions.get({ token: request.header('authorization') ?? '' }),
 * })
 */
export function authorizer<S extends Schema, U extends Uses = Empty, M = undefined>(
  name: string,
  options: {
    readonly caller: S
    readonly shownBy?: ShownBy
    readonly uses?: U
    readonly remembers?: () => M
    readonly flaws?: readonly Flaw[]
    readonly admits?: (caller: z.output<S>) => Refusal | undefined
    readonly authorize: Authorize<S, U, M>
  },
): Authorizer<z.output<S>> {
  const { caller, shownBy = { bearer: 'token' }, uses = {}, remembers, flaws, admits, authorize } = options
  return {
    kind: 'authorizer',
    name,
    scheme: 'custom',
    schema: caller,
    shownBy,
    uses,
    ...(remembers ? { remembers } : {}),
    ...(admits ? { admits } : {}),
    ...(flaws ? { flaws } : {}),
    // The runtime hands over the clients of exactly these `uses`.
    authorize: authorize as Authorizer<unknown>['authorize'],
    place: calledFrom(authorizer),
  } as unknown as Authorizer<z.output<S>>
}

/** Authorizers whose names begin with the same part, such as `people/customer` and `people/operator`. */
export function sameFamily(one: string, other: string): boolean {
  return familyOf(one) === familyOf(other)
}

function familyOf(name: string): string {
  return name.split('/', 1)[0] ?? name
}

function open<Caller>(scheme: Scheme): Authorizer<Caller> {
  return {
    kind: 'authorizer',
    name: scheme,
    scheme,
    uses: {},
    authorize: async () => undefined,
    place: () => undefined,
  } as unknown as Authorizer<Caller>
}

/** No caller asked for: the endpoint is open to everybody. */
export const anyone: Authorizer<undefined> = open('anyone')

/** Another service of the same plan, calling for itself (from a schedule, say). Never reachable from outside. */
export const internal: Authorizer<{ readonly service: string }> = open('internal')
