/**
 * Signed calls: Amazon's JSON protocol over connections that stay open. It costs a third of what the SDK's client costs
 * (docs/decisions/0005-a-lean-way-to-aws.md), for what is called all the time. Signatures and credentials are still made by Amazon's own
 * code. Like the SDK's clients in these drivers it does not retry.
 */
import { createHash, createHmac } from 'node:crypto'
import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest } from '@smithy/types'
import { type AwsOptions, sockets } from './client.ts'
import { ofProcess } from './credentials.ts'

/** A service that speaks JSON. */
export interface JsonService {
  /** How its host name begins. */
  readonly host: string
  /** What signatures are made for. */
  readonly signedFor: string
  /** How the names of its operations begin. */
  readonly target: string
  /** Of the protocol. */
  readonly json: '1.0' | '1.1'
}

/** What one of its operations takes and gives. */
export interface Does<Input, Output> {
  readonly input: Input
  readonly output: Output
}

export const dynamoStreams: JsonService = {
  host: 'streams.dynamodb',
  signedFor: 'dynamodb',
  target: 'DynamoDBStreams_20120810',
  json: '1.0',
}

/** An error that the service gave: named as the SDK names it. */
export class ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number }
  /** All that it said. */
  readonly said: object

  constructor(name: string, message: string, status: number, said: object = {}) {
    super(message)
    this.name = name
    this.$metadata = { httpStatusCode: status }
    this.said = said
  }
}

const connectionMs = 30_000

type AnyOperations = Readonly<Record<string, Does<object, unknown>>>

/** Calls of a service; `Operations`: those that are made, typed as the SDK types them. */
export class SignedCalls<Operations extends { [O in keyof Operations]: Does<object, unknown> } = AnyOperations> {
  readonly #requests: SignedRequests
  readonly #service: JsonService

  constructor(service: JsonService, options: AwsOptions) {
    this.#requests = new SignedRequests(service, options)
    this.#service = service
  }

  /** One call, made once. Faults of the service come as errors of its own names. */
  async call<O extends keyof Operations & string>(
    operation: O,
    input: Operations[O]['input'],
    signal?: AbortSignal,
  ): Promise<Operations[O]['output']> {
    const { json, target } = this.#service
    const headers = { 'content-type': `application/x-amz-json-${json}`, 'x-amz-target': `${target}.${operation}` }
    return answerIn(await this.#requests.send({ path: '/', headers, body: JSON.stringify(input) }, signal))
  }

  close(): void {
    this.#requests.close()
  }
}

/** A POST to be signed. */
export interface ToSend {
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Signed requests to one service, over connections that stay open. */
export class SignedRequests {
  readonly #url: URL
  readonly #signer: SignatureV4
  readonly #agent: HttpAgent | HttpsAgent

  constructor(
    { host, signedFor }: Pick<JsonService, 'host' | 'signedFor'>,
    { region, endpoint, credentials }: AwsOptions,
  ) {
    this.#url = new URL(endpoint ?? `https://${host}.${region}.${domainOf(region)}`)
    const service = { service: signedFor, region, credentials: credentials ?? ofProcess() }
    this.#signer = new SignatureV4({ ...service, sha256: Sha256 })
    const kept = { keepAlive: true, maxSockets: sockets }
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept)
  }

  /** One request, made once. Rejects where no answer came. */
  async send(what: ToSend, signal?: AbortSignal): Promise<Answered> {
    return whole(await opened(await this.#options(what), what.body, signal))
  }

  /** The same, with an answer that is read while it comes, however long that takes. */
  async open(what: ToSend, signal: AbortSignal): Promise<Opened> {
    const response = await opened(await this.#options(what), what.body, signal)
    response.setTimeout(0)
    // Whoever reads it hears of errors; where nobody does any more, nobody needs to.
    response.on('error', () => {})
    return { status: response.statusCode ?? 0, headers: response.headers, body: response }
  }

  async #options({ path, query = {}, headers, body }: ToSend): Promise<RequestOptions> {
    const { protocol, hostname, host, port } = this.#url
    const asked: HttpRequest = { protocol, hostname, method: 'POST', path, query, headers: { host, ...headers }, body }
    const signed = await this.#signer.sign(asked)
    const asks = new URLSearchParams(query).toString()
    return {
      ...{ protocol, hostname, port, method: 'POST', agent: this.#agent, timeout: connectionMs },
      path: asks === '' ? path : `${path}?${asks}`,
      headers: { ...signed.headers, 'content-length': Buffer.byteLength(body) },
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** An answer whose body is still to be read. */
export interface Opened extends Pick<Answered, 'status' | 'headers'> {
  readonly body: IncomingMessage
}

/** Node ties a signal that it is given to the connection, which others use later: so it is given none. */
function opened(options: RequestOptions, body: string, signal?: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void request.destroy(new DOMException('nobody waits for the answer', 'AbortError'))
    const over = (): void => signal?.removeEventListener('abort', stop)
    const request = (options.protocol === 'https:' ? requestHttps : requestHttp)(options, response => {
      // From here on the connection is another's.
      response.once('end', over)
      resolve(response)
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${connectionMs / 1_000} s`)))
    // Nothing more is rejected once there is an answer.
    request.on('error', reject)
    request.once('close', over)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    else request.end(body)
  })
}

function whole(response: IncomingMessage): Promise<Answered> {
  const { statusCode: status = 0, headers } = response
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.once('error', reject)
    response.once('end', () => resolve({ status, headers, text: Buffer.concat(parts).toString() }))
  })
}

function answerIn({ status, text }: Pick<Answered, 'status' | 'text'>): unknown {
  const answer: unknown = text === '' ? {} : parsed(text, status)
  dropNulls(answer)
  if (status === 200) return answer
  const said = answer as { readonly __type?: string; readonly message?: string; readonly Message?: string }
  const name = said.__type?.split('#').at(-1) ?? 'UnknownError'
  throw new ServiceError(name, said.message ?? said.Message ?? `answered with ${status}`, status, said)
}

/** What is null is not there: so the SDK takes it, and some say it. */
function dropNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    const part: unknown = Reflect.get(value, name)
    if (part === null) Reflect.deleteProperty(value, name)
    else dropNulls(part)
  }
}

/** A proxy on the way may answer with a page. */
function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ServiceError('UnknownError', `answered with ${status}, and no JSON`, status === 200 ? 502 : status)
  }
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}

/** SHA-256 as the signer takes it; with a key, an HMAC. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  /** The signer makes a new one each time. */
  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
