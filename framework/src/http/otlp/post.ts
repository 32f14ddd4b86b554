/**
 * One request to a collector, and what came of it: by the rules of OTLP/HTTP, 429, 502, 503, 504 and no answer at all may
 * be tried again, anything else may not.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '../../contract/clock.ts'
import { retryAfterMs } from '../../runtime/connection/backoff.ts'

/** Where one kind of telemetry goes. */
export interface OtlpEndpoint {
  /** The whole address, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string
  /** Credentials, most often. They reach the collector alone. */
  readonly headers: Readonly<Record<string, string>>
  /** Default: as it is. */
  readonly compression?: 'gzip'
  /** For one request. Default 10 seconds. */
  readonly timeoutMs?: number
}

export interface Posting {
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** Ends the request. */
  readonly signal: AbortSignal
}

export type Outcome =
  | { readonly ok: true; readonly rejected: number; readonly why: string }
  | {
      readonly ok: false
      readonly why: string
      /** Whether trying again may help. */
      readonly again: boolean
      /** What the collector asked to wait. */
      readonly afterMs?: number
    }

const compressed = promisify(gzip)
/** Passing states of a collector or of a proxy before it. */
const passing = [429, 502, 503, 504]

/** Sends a body. Never rejects. `rejectedName` is the field in which the collector says how many it did not take. */
export async function post(
  endpoint: OtlpEndpoint,
  body: string,
  rejectedName: string,
  posting: Posting,
): Promise<Outcome> {
  const limit = timeLimit(posting, endpoint.timeoutMs ?? 10_000)
  try {
    const response = await posting.fetch(endpoint.url, { ...(await requestOf(endpoint, body)), signal: limit.signal })
    const text = (await response.text()).slice(0, 10_000)
    return response.ok ? taken(text, rejectedName) : refused(response, text, posting.clock.now())
  } catch (error) {
    if (posting.signal.aborted) return { ok: false, again: false, why: 'the process ends' }
    return { ok: false, again: true, why: limit.signal.aborted ? 'there was no answer in time' : noAnswer(error) }
  } finally {
    limit.end()
  }
}

async function requestOf({ headers, compression }: OtlpEndpoint, body: string): Promise<RequestInit> {
  const all = { ...headers, 'content-type': 'application/json', 'user-agent': 'Groundplan-OTLP-Exporter' }
  // Another address must not get the credentials.
  const common = { method: 'POST', redirect: 'manual' } as const
  if (compression === undefined) return { ...common, headers: all, body }
  return { ...common, headers: { ...all, 'content-encoding': compression }, body: await compressed(body) }
}

/** The collector may have taken a part only, which is no reason to send it again. */
function taken(text: string, rejectedName: string): Outcome {
  const partial = recordIn(recordIn(parsed(text)).partialSuccess)
  const rejected = Number(partial[rejectedName] ?? 0)
  const why = `the collector rejected them${said(partial.errorMessage)}`
  return { ok: true, rejected: Number.isFinite(rejected) ? rejected : 0, why }
}

function refused({ status, headers }: Response, text: string, nowMs: number): Outcome {
  const why = `the collector answered ${status}${said(recordIn(parsed(text)).message)}`
  const again = passing.includes(status)
  const afterMs = again ? retryAfterMs(headers, nowMs) : undefined
  return afterMs === undefined ? { ok: false, why, again } : { ok: false, why, again, afterMs }
}

function said(message: unknown): string {
  return typeof message === 'string' && message !== '' ? `: ${message.slice(0, 200)}` : ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** With the system's code, such as ECONNREFUSED: its message may hold the address with everything in it. */
function noAnswer(error: unknown): string {
  const { cause } = recordIn(error)
  const { code } = recordIn(cause)
  return `the collector cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`
}

interface TimeLimit {
  readonly signal: AbortSignal
  end(): void
}

function timeLimit({ clock, signal }: Posting, ms: number): TimeLimit {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const cancel = clock.at(clock.now() + ms, abort)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    end() {
      cancel()
      signal.removeEventListener('abort', abort)
    },
  }
}
