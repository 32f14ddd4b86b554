/**
 * One attempt: sends a prepared request, follows redirects within its origin, reads the answer, all within its time.
 * Whatever goes wrong is an outcome, and none of them holds what the request or the platform's error says.
 */
import type { Clock } from '../../contract/clock.ts'
import { limits, readable } from '../../contract/limits.ts'
import type { ConnectionProblem } from '../../plan/connection.ts'
import { retryAfterMs } from './backoff.ts'
import type { Prepared } from './request.ts'

export interface Answered {
  readonly ok: true
  readonly status: number
  readonly type: string
  readonly text: string
}

export interface Failed {
  readonly ok: false
  readonly problem: ConnectionProblem
  readonly detail: string
  readonly status?: number
  /** Whether asking again may help: a request that was refused for its rate was not done, so any may be sent again. */
  readonly again: 'never' | 'repeatable' | 'any'
  /** What the other side asked to wait. */
  readonly afterMs?: number
  /** What it says of the other side; nothing where it was ours. */
  readonly health: 'good' | 'bad' | 'unknown'
}

export type Outcome = Answered | Failed

export interface Sending {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly timeoutMs: number
  /** Of the call. */
  readonly signal: AbortSignal
}

export async function attempt(prepared: Prepared, sending: Sending): Promise<Outcome> {
  const limit = timeLimit(sending)
  try {
    return await outcomeOf(await send(prepared, sending.fetch, limit.signal), sending.clock)
  } catch (error) {
    if (sending.signal.aborted) return callEnded
    if (limit.signal.aborted)
      return failure('timed-out', `no answer within ${sending.timeoutMs} ms`, 'repeatable', 'bad')
    return failure('unavailable', `no answer${causeOf(error)}`, 'repeatable', 'bad')
  } finally {
    limit.end()
  }
}

/** The call that asked is over. */
export const callEnded: Failed = failure('timed-out', 'the call has ended', 'never', 'unknown')

export function failure(
  problem: ConnectionProblem,
  detail: string,
  again: Failed['again'],
  health: Failed['health'],
  more: Pick<Failed, 'status' | 'afterMs'> = {},
): Failed {
  return { ok: false, problem, detail, again, health, ...more }
}

/** The code of a system error, such as ECONNREFUSED; messages may hold addresses and headers. */
function causeOf(error: unknown): string {
  const code = (error as { cause?: { code?: unknown } } | undefined)?.cause?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : ''
}

interface TimeLimit {
  readonly signal: AbortSignal
  end(): void
}

/** Aborts when the time of the attempt is up, or the call ends. */
function timeLimit({ clock, timeoutMs, signal }: Sending): TimeLimit {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const cancel = clock.at(clock.now() + timeoutMs, abort)
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

// ---------- sending

const mostRedirects = 5

/**
 * Redirects are followed within the origin only: another one must not get the credential, and must not be able to have
 * us ask what only we can reach.
 */
async function send(prepared: Prepared, fetch: Sending['fetch'], signal: AbortSignal): Promise<Response | Failed> {
  let { url, method, body }: { url: URL; method: string; body: string | undefined } = prepared
  for (let redirects = 0; ; redirects++) {
    const init = { method, headers: prepared.headers, redirect: 'manual', signal } as const
    const response = await fetch(url, body === undefined ? init : { ...init, body })
    const to = redirectOf(response, url)
    if (to === undefined) return response
    await response.body?.cancel()
    if (typeof to === 'string' || redirects === mostRedirects) {
      const detail = typeof to === 'string' ? to : 'redirects without end'
      return failure('refused', detail, 'never', 'good', { status: response.status })
    }
    if (asksByGet(response.status, method)) [method, body] = ['GET', undefined]
    url = to
  }
}

/** Where an answer redirects to, or why it is not followed. */
function redirectOf({ status, headers }: Response, from: URL): URL | string | undefined {
  const location = headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined
  if (!URL.canParse(location, from.href)) return 'redirects to no address'
  const to = new URL(location, from)
  return to.origin === from.origin ? to : 'redirects to another origin, which is not followed'
}

/** As browsers do. */
function asksByGet(status: number, method: string): boolean {
  return (status === 303 && method !== 'GET') || (status <= 302 && method === 'POST')
}

// ---------- the answer

async function outcomeOf(response: Response | Failed, clock: Clock): Promise<Outcome> {
  if (!(response instanceof Response)) return response
  const { status, headers } = response
  if (status >= 200 && status < 300) return answered(response)
  await response.body?.cancel()
  const afterMs = retryAfterMs(headers, clock.now())
  return failureOf(status, afterMs === undefined ? { status } : { status, afterMs })
}

function failureOf(status: number, more: Pick<Failed, 'status' | 'afterMs'>): Failed {
  const detail = `answered ${status}`
  if (status === 429) return failure('rate-limited', detail, 'any', 'unknown', more)
  if (status === 408 || status >= 500) return failure('unavailable', detail, 'repeatable', 'bad', more)
  if (status >= 400) return failure('refused', detail, 'never', 'good', more)
  return failure('unexpected-answer', detail, 'never', 'good', more)
}

async function answered(response: Response): Promise<Outcome> {
  const { status, headers } = response
  const bytes = await bytesOf(response)
  const text = bytes && decoded(bytes)
  if (text !== undefined) return { ok: true, status, type: headers.get('content-type') ?? '', text }
  const why = bytes ? 'the answer is not UTF-8' : `the answer is larger than ${readable(limits.requestBytes)}`
  return failure('unexpected-answer', why, 'never', 'good', { status })
}

/** The body, unless it is larger than 6 MB. */
async function bytesOf({ body, headers }: Response): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array()
  if (Number(headers.get('content-length') ?? 0) > limits.requestBytes) {
    await body.cancel()
    return undefined
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.byteLength
    // Leaving the loop cancels the body.
    if (length > limits.requestBytes) return undefined
  }
  return Buffer.concat(chunks)
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
