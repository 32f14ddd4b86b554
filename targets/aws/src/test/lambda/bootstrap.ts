/**
 * What runs a function's code on Lambda, after the description of its runtime API (2018-06-01): loads the handler, asks for
 * events one after the other, and tells what became of each. `aws-lambda-ric`, Amazon's own, is compiled when it is
 * installed, and this repository installs nothing that runs scripts.
 *
 * It is a program of its own: `function.ts` starts it without its types.
 */
import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

interface Context {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

type Plain = (event: unknown, context: Context) => Promise<unknown>
type Streaming = (event: unknown, out: Out, context: Context) => Promise<void>
type Piece = string | Uint8Array

const { AWS_LAMBDA_RUNTIME_API = '', LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const streaming = new Set<unknown>()

/** Where a streaming handler writes: the answer's body begins when it writes first. */
class Out {
  readonly #id: string
  #type = 'application/octet-stream'
  #asking: ClientRequest | undefined
  #whole: Promise<unknown> | undefined

  constructor(id: string) {
    this.#id = id
  }

  setContentType(type: string): void {
    this.#type = type
  }

  write(piece: Piece): boolean {
    return this.#begun().write(piece)
  }

  end(piece?: Piece): void {
    this.#begun().end(piece)
  }

  once(event: 'drain' | 'close', listener: () => void): void {
    this.#begun().once(event, listener)
  }

  get destroyed(): boolean {
    return this.#asking?.destroyed ?? false
  }

  whole(): Promise<unknown> {
    return this.#whole ?? Promise.resolve()
  }

  #begun(): ClientRequest {
    if (this.#asking) return this.#asking
    this.#asking = ask('POST', `invocation/${this.#id}/response`, {
      'content-type': this.#type,
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
    })
    this.#whole = answered(this.#asking)
    return this.#asking
  }
}

const awslambda = {
  streamifyResponse(handler: Streaming): Streaming {
    streaming.add(handler)
    return handler
  },
  HttpResponseStream: {
    from(out: Out, prelude: object): Out {
      out.setContentType('application/vnd.awslambda.http-integration-response')
      out.write(JSON.stringify(prelude))
      out.write(Buffer.alloc(8))
      return out
    },
  },
}

function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}): ClientRequest {
  return request({ hostname, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers })
}

interface Answered {
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends what is given; without it whoever asks sends the body. */
function answered(asking: ClientRequest, body?: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    asking.once('error', reject)
    asking.once('response', response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.once('end', () => resolve({ headers: response.headers, text: Buffer.concat(parts).toString() }))
    })
    if (body !== undefined) asking.end(body)
  })
}

function failure(error: unknown): string {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: stack.split('\n').slice(1) })
}

const asJson = { 'content-type': 'application/json' }

function loaded(): unknown {
  const [file, name = ''] = _HANDLER.split('.')
  return createRequire(import.meta.url)(join(LAMBDA_TASK_ROOT, `${file}.js`))[name]
}

async function one(handler: unknown): Promise<void> {
  const { headers, text } = await answered(ask('GET', 'invocation/next'), '')
  const id = String(headers['lambda-runtime-aws-request-id'])
  const untilMs = Number(headers['lambda-runtime-deadline-ms'])
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => untilMs - Date.now() }
  try {
    await (streaming.has(handler)
      ? piecewise(handler as Streaming, id, text, context)
      : whole(handler as Plain, id, text, context))
  } catch (error) {
    await answered(ask('POST', `invocation/${id}/error`, asJson), failure(error))
  }
}

async function piecewise(handler: Streaming, id: string, text: string, context: Context): Promise<void> {
  const out = new Out(id)
  await handler(JSON.parse(text), out, context)
  await out.whole()
}

async function whole(handler: Plain, id: string, text: string, context: Context): Promise<void> {
  const result = await handler(JSON.parse(text), context)
  await answered(ask('POST', `invocation/${id}/response`, asJson), JSON.stringify(result) ?? 'null')
}

async function run(): Promise<void> {
  let handler: unknown
  try {
    handler = loaded()
  } catch (error) {
    await answered(ask('POST', 'init/error', asJson), failure(error))
    process.exit(1)
  }
  for (;;) await one(handler)
}

Object.assign(globalThis, { awslambda })
await run()
