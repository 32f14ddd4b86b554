/**
 * `connection`: somebody else's HTTP API, with its limits, its credentials and its bad days.
 */
import type { z } from 'zod'
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Problem } from './problem.ts'
import type { Schema } from './schema.ts'
import type { SecretResource, Setting, TenantSecrets } from './secret.ts'
import { type Duration, milliseconds } from './words.ts'

/** What the other side, or the way to it, can fail with. */
export type ConnectionProblem =
  | 'refused' // 4xx: asking again will not help
  | 'unavailable' // 5xx or no answer, after all retries
  | 'timed-out'
  | 'rate-limited' // 429, and waiting would take longer than the call has
  | 'breaker-open' // too many failures lately: not even tried
  | 'unexpected-answer' // the answer does not fit the schema
  | 'credential-missing' // this tenant has no credential in the vault

export type ConnectionReply<T> =
  | { readonly ok: true; readonly value: T; readonly status: number }
  | {
      readonly ok: false
      readonly status?: number
      readonly problem: Problem<ConnectionProblem>
    }

export interface ConnectionRequest<S extends Schema> {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless text with a content type among the headers. */
  readonly body?: unknown
  /** What the answer must be. */
  readonly returns: S
  /** Whose credential to use, and whose rate limit counts. */
  readonly tenant?: string
  /** Whether doing it twice is the same as once, so that it may be retried. Default: GET, PUT and DELETE are. */
  readonly repeatable?: boolean
}

type Ask = <S extends Schema>(path: string, request: ConnectionRequest<S>) => Promise<ConnectionReply<z.output<S>>>

/** Calls the other side. Failures are replies, not exceptions. */
export interface ConnectionClient {
  readonly get: Ask
  readonly post: Ask
  readonly put: Ask
  readonly patch: Ask
  readonly delete: Ask
}

/** A connection as the framework keeps it. */
export interface ConnectionSpec {
  readonly url: string | Setting<string>
  readonly credential?: {
    readonly from: SecretResource | TenantSecrets
    readonly header: string
    readonly prefix: string
  }
  readonly timeoutMs: number
  readonly retries: number
  readonly rate?: { readonly requests: number; readonly perMs: number }
  readonly breaker: { readonly failures: number; readonly openMs: number }
}

export interface Connection extends Resource {
  readonly kind: 'connection'
  readonly spec: ConnectionSpec
  readonly client: Grant<ConnectionClient>
}

/**
 * Declares a connection.
 * - `url`: its base, or a setting that holds it.
 * - `credential`: a secret and the header it goes into. Traces and logs never show it.
 * - `timeout`: of one attempt. Default 10 seconds.
 * - `retries`: after the first attempt, with back-off that obeys `Retry-After`. Default 3.
 * - `rate`: how often it may be called per credential.
 * - `breaker`: after so many failures in a row nothing is sent for a while. Default 10 failures, 30 seconds.
 * @example
 * const eagle = connection('eagle', {
 *   url: 'https://api.example.org/v1',
 *   credential: { from: platformKeys, header: 'X-Api-Key' },
 *   rate: { requests: 10, per: '1 second' },
 * })
 */
export function connection(
  name: string,
  options: {
    readonly url: string | Setting<string>
    readonly credential?: {
      readonly from: SecretResource | TenantSecrets
      readonly header: string
      readonly prefix?: string
    }
    readonly timeout?: Duration
    readonly retries?: number
    readonly rate?: { readonly requests: number; readonly per: Duration }
    readonly breaker?: { readonly failures: number; readonly open: Duration }
  },
): Connection {
  const place = calledFrom(connection)
  const { url, credential, timeout = '10 seconds', retries = 3, rate } = options
  const { failures, open } = options.breaker ?? { failures: 10, open: '30 seconds' }
  const spec: ConnectionSpec = {
    url,
    timeoutMs: milliseconds(timeout),
    retries,
    breaker: { failures, openMs: milliseconds(open) },
    ...(credential ? { credential: { prefix: '', ...credential } } : {}),
    ...(rate ? { rate: { requests: rate.requests, perMs: milliseconds(rate.per) } } : {}),
  }
  const self: Connection = {
    kind: 'connection',
    name,
    place,
    spec,
    get client() {
      return grant<ConnectionClient>(self, 'client')
    },
  }
  return self
}
