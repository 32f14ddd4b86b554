/**
 * Functions: how one function of a system calls another. One signed request to Lambda, which waits for the answer.
 */
import { createHash } from 'node:crypto'
import { fault } from 'groundplan/driver'
import { type AwsOptions, backOff } from './client.ts'
import { piecesIn } from './response-stream.ts'
import { type Answered, type Opened, SignedRequests, type ToSend } from './signed-calls.ts'

/** Lambda's limit. */
const longestName = 64

/** What the function of a service is called. A name that is too long ends with a mark of its whole. */
export function functionName(prefix: string, service: string): string {
  const name = `${prefix}-${service}`
  if (name.length <= longestName) return name
  return `${name.slice(0, longestName - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

const mostAttempts = 4

export class Functions {
  readonly #requests: SignedRequests
  readonly #clock: AwsOptions['clock']

  constructor(options: AwsOptions) {
    this.#requests = new SignedRequests({ host: 'lambda', signedFor: 'lambda' }, options)
    this.#clock = options.clock
  }

  /**
   * Calls the version of a function that is live. What Lambda refuses to begin is asked for again, a few times.
   * Faults: `service-unavailable`.
   */
  async call(name: string, json: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#asked(name, json)
      if (answer.status === 200 && answer.headers['x-amz-function-error'] === undefined) return answer.text
      if (answer.status !== 429 || attempt === mostAttempts) throw unanswered(name, answer)
      await backOff(this.#clock, attempt)
    }
  }

  /**
   * The same, piece by piece: nothing more comes once `signal` is aborted. Faults: `service-unavailable`, also while it is
   * read.
   */
  async stream(name: string, json: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#opened(name, json, signal)
      if (answer.status === 200) return piecesIn(name, answer.body)
      answer.body.destroy()
      if (answer.status !== 429 || attempt === mostAttempts) throw unanswered(name, answer)
      await backOff(this.#clock, attempt)
    }
  }

  async #asked(name: string, json: string): Promise<Answered> {
    try {
      return await this.#requests.send(invocation(name, '2015-03-31', 'invocations', json))
    } catch (error) {
      throw fault('service-unavailable', `the function ${name} cannot be reached`, {}, error)
    }
  }

  async #opened(name: string, json: string, signal: AbortSignal): Promise<Opened> {
    try {
      return await this.#requests.open(invocation(name, '2021-11-15', 'response-streaming-invocations', json), signal)
    } catch (error) {
      throw fault('service-unavailable', `the function ${name} cannot be reached`, {}, error)
    }
  }

  close(): void {
    this.#requests.close()
  }
}

function invocation(name: string, version: string, verb: string, body: string): ToSend {
  const path = `/${version}/functions/${encodeURIComponent(name)}/${verb}`
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' }
  return { path, query: { Qualifier: 'live' }, headers, body }
}

/** A function that failed has told its own logs why. */
function unanswered(name: string, { status, headers }: Pick<Answered, 'status' | 'headers'>): Error {
  const why =
    headers['x-amz-function-error'] === undefined ? `Lambda answered with ${status}` : 'it failed: see its logs'
  return fault('service-unavailable', `the function ${name}: ${why}`)
}
