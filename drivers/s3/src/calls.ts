/**
 * Calls to an S3 server: tried again where nothing came of them, after a pause on the clock. All of them may be done
 * twice. What S3 says no to is for who asked.
 */
import { randomBytes } from 'node:crypto'
import { type Clock, fault, sleep } from 'groundplan/driver'

const mostAttempts = 6
const firstPauseMs = 50
const longestPauseMs = 2_000

export interface S3Error {
  readonly name: string
  readonly message: string
  /** Absent: no answer came. */
  readonly status?: number
}

export function s3ErrorOf(error: unknown): S3Error {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const metadata: unknown = Reflect.get(error, '$metadata')
  const status: unknown = typeof metadata === 'object' && metadata ? Reflect.get(metadata, 'httpStatusCode') : undefined
  const { name, message } = error
  return { name, message, ...(typeof status === 'number' ? { status } : {}) }
}

/** Faults: `engine-unavailable`. */
export async function persistently<T>(clock: Clock, what: string, call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (!isPassing(s3ErrorOf(error))) throw error
      if (attempt + 1 >= mostAttempts) throw unavailable(what, error)
      const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)
      await sleep(clock, longest * (0.5 + randomBytes(2).readUInt16LE() / 131_072))
    }
  }
}

export function unavailable(what: string, error: unknown): Error {
  const { name, message } = s3ErrorOf(error)
  return fault('engine-unavailable', `${what}: ${name}: ${message}`, {}, error)
}

function isPassing({ name, status }: S3Error): boolean {
  return status === undefined || status >= 500 || status === 429 || name === 'SlowDown' || name === 'TimeoutError'
}
