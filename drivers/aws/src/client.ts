/**
 * Calls to AWS: one way for all services. The SDK makes and signs requests over connections that stay open, and does not
 * retry: throttling, lost connections and faults of the service are tried again here, after a pause on the clock, so
 * that time in tests and simulations is ours. What each call used is told to `spent`: the cost of a system is reckoned
 * from it. (A call costs the SDK about 0.65 ms of processor time, whatever it does: calls are what is saved on.)
 *
 * A write whose answer was lost may have been done. `uncertain` tells who asked, who must find out before asking again.
 */
import { randomBytes } from 'node:crypto'
import { type Clock, fault, sleep } from 'groundplan/driver'

export interface AwsOptions {
  readonly clock: Clock
  readonly region: string
  /** Another address than AWS's own: a stand-in. */
  readonly endpoint?: string
  /** Default: those of the process: its role, its environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly spent?: (spending: Spending) => void
}

/** What one call used. */
export interface Spending {
  readonly service: 'dynamodb' | 'sqs' | 'secretsmanager' | 'ssm' | 'ses'
  readonly operation: string
  /** The table, queue or name. */
  readonly resource: string
  /** DynamoDB: capacity units. Elsewhere: requests. */
  readonly units: number
}

/** How many connections of one service are open at most. */
export const sockets = 100
const mostAttempts = 8
const firstPauseMs = 25
const longestPauseMs = 2_000

/** What all clients of the SDK are made with. */
export function clientOptions({ region, endpoint, credentials }: AwsOptions) {
  const agent = { keepAlive: true, maxSockets: sockets }
  return {
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, httpAgent: agent, httpsAgent: agent },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  }
}

/** An error of AWS or of the way there. */
export interface AwsError {
  readonly name: string
  readonly message: string
  /** Absent: no answer came. */
  readonly status?: number
}

export function awsErrorOf(error: unknown): AwsError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const metadata: unknown = Reflect.get(error, '$metadata')
  const status: unknown = typeof metadata === 'object' && metadata ? Reflect.get(metadata, 'httpStatusCode') : undefined
  const { name, message } = error
  return { name, message, ...(typeof status === 'number' ? { status } : {}) }
}

const throttles = new Set([
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'SlowDown',
])

/** Refused before anything was done. */
export function isThrottle({ name, status }: AwsError): boolean {
  return throttles.has(name) || status === 429
}

/** No answer, or one that says nothing about what was done. */
export function isUncertain({ name, status }: AwsError): boolean {
  return name === 'TimeoutError' || status === undefined || status >= 500
}

/** Whoever runs out of attempts. Faults: `engine-unavailable`. */
export function unavailable(what: string, error: unknown): Error {
  const { name, message } = awsErrorOf(error)
  return fault('engine-unavailable', `${what}: ${name}: ${message}`, {}, error)
}

/** Waits before the next attempt: longer each time, and not as long as others do. */
export function backOff(clock: Clock, attempt: number, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)
  const part = randomBytes(2).readUInt16LE() / 65_536
  return sleep(clock, longest * (0.5 + part / 2), signal)
}

/**
 * Calls until there is an answer: for what may be done twice. Errors that mean something are for the caller.
 * Faults: `engine-unavailable`.
 */
export async function persistently<T>(clock: Clock, what: string, call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const known = awsErrorOf(error)
      if (!isThrottle(known) && !isUncertain(known)) throw error
      if (attempt + 1 >= mostAttempts) throw unavailable(what, error)
      await backOff(clock, attempt)
    }
  }
}
