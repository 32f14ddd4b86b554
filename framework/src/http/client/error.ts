/** What a client throws: everything that is not a reply the endpoint promises. */

/** A place where a request does not fit. */
export interface ClientIssue {
  /** A JSON pointer, such as `/body/quantity`. */
  readonly path: string
  readonly message: string
}

export class ClientError extends Error {
  override readonly name = 'ClientError'
  /** The endpoint's lasting name. */
  readonly endpoint: string
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined
  /** The problem's stable code. Without an answer: `service-unavailable` or `timed-out`. */
  readonly code: string
  readonly detail: string | undefined
  /** For the operators: they find the logs by it. */
  readonly trace: string | undefined
  readonly issues: readonly ClientIssue[]
  /** Seconds after which it may be tried again, where the service said so. */
  readonly retryAfterS: number | undefined

  constructor(endpoint: string, told: Told, cause?: unknown) {
    const { status, code, detail, trace, issues = [], retryAfterS } = told
    super(
      `${endpoint}: ${code}${detail === undefined ? '' : `: ${detail}`}`,
      cause === undefined ? undefined : { cause },
    )
    this.endpoint = endpoint
    this.status = status
    this.code = code
    this.detail = detail
    this.trace = trace
    this.issues = issues
    this.retryAfterS = retryAfterS
  }
}

/** What is known of a failure. */
export interface Told {
  readonly status: number | undefined
  readonly code: string
  readonly detail?: string | undefined
  readonly trace?: string | undefined
  readonly issues?: readonly ClientIssue[] | undefined
  readonly retryAfterS?: number | undefined
}

/** Reads an answer that is not good: a problem document, or whatever something on the way has made of it. */
export async function toldBy(response: Response): Promise<Told> {
  const { status } = response
  const retryAfterS = secondsIn(response.headers.get('retry-after'))
  const problem = isProblem(response) ? ((await response.json().catch(() => undefined)) as unknown) : undefined
  if (problem === undefined) await response.body?.cancel()
  const { code, detail, trace, issues } = (typeof problem === 'object' && problem !== null ? problem : {}) as Fields
  return {
    status,
    code: typeof code === 'string' ? code : `http-${status}`,
    detail: typeof detail === 'string' ? detail : undefined,
    trace: typeof trace === 'string' ? trace : undefined,
    issues: Array.isArray(issues) ? (issues as readonly ClientIssue[]) : undefined,
    retryAfterS,
  }
}

type Fields = Readonly<Record<'code' | 'detail' | 'trace' | 'issues', unknown>>

function isProblem(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
}

/** Seconds, or a date. */
function secondsIn(text: string | null): number | undefined {
  if (text === null) return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0)
}
