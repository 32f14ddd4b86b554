/**
 * Runs a machine of Step Functions by moto's interpreter, which is none of ours: a moto of its own, whose calls to AWS come
 * back by a recorder that notes each, can refuse it, and hands it on to moto's Lambda, CloudWatch and SNS. So a test sees
 * what was called, and what became of it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../scripts/lib/free-port.mjs'

const program = fileURLToPath(new URL('../../../../.groundplan/engines/moto/venv/bin/moto_server', import.meta.url))
const region = 'eu-central-1'

/** Whether moto is there: `npm run engines -- up moto` installs it. */
export function hasInterpreter(): boolean {
  const there = existsSync(program)
  if (!there) console.warn('SKIPPED: moto is not installed here: npm run engines -- up moto')
  return there
}

/** A call that the machine made: `lambda updateAlias`, with what it is about. */
export interface Call {
  readonly action: string
  readonly on: string
  readonly body: string
}

export interface Interpreter {
  /** Asks moto itself: what is not of the machine is not recorded. */
  ask(service: string, request: Asking): Promise<string>
  /** What the machine called, in this order. */
  readonly calls: Call[]
  /** Hears of each call before it is handed on; true: it fails. */
  onCall(hear: (call: Call) => Promise<boolean>): void
  /** Says what the machine gets to hear in place of moto's answer: for what Amazon does by itself and moto does not. */
  onAnswer(say: (call: Call, answer: string) => string): void
  close(): Promise<void>
}

export interface Asking {
  readonly method?: string
  readonly path?: string
  /** An object is sent as JSON, pairs as a form. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly target?: string
}

export async function openInterpreter(): Promise<Interpreter> {
  const calls: Call[] = []
  let hear: (call: Call) => Promise<boolean> = async () => false
  let say: (call: Call, answer: string) => string = (_call, answer) => answer
  const port = await freePort()
  const recorder = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const call = callOf(request, body.toString())
    calls.push(call)
    if (await hear(call)) {
      response.writeHead(500, { 'content-type': 'application/json', 'x-amzn-requestid': 'none' })
      response.end(JSON.stringify({ message: 'it does not answer', __type: 'ServiceException' }))
      return
    }
    const { host: _, connection: __, 'content-length': ___, expect: ____, ...headers } = request.headers
    const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
    const sent = body.length > 0 ? { body: asMotoKnows(body) } : {}
    const reply = await fetch(`http://127.0.0.1:${port}${request.url}`, {
      method: request.method ?? 'GET',
      headers: given,
      ...sent,
    })
    const type = reply.headers.get('content-type') ?? 'application/json'
    const text = type.includes('cbor') ? Buffer.from(await reply.arrayBuffer()) : say(call, await reply.text())
    response.writeHead(reply.status, { 'content-type': type, 'x-amzn-requestid': 'none', ...protocolOf(reply) })
    response.end(text)
  })
  // What the interpreter asks is `localhost`, by either protocol.
  await new Promise<void>(resolve => recorder.listen(0, 'localhost', resolve))
  const address = recorder.address()
  const own = typeof address === 'object' && address ? address.port : 0
  const moto = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], {
    env: { ...process.env, MOTO_PORT: String(own), AWS_DEFAULT_REGION: region },
    stdio: 'ignore',
  })
  const ended = new Promise<void>(resolve => moto.once('exit', () => resolve()))
  await answering(port)
  const ask = (service: string, asking: Asking) => asked(port, service, asking)
  await ask('stepfunctions', { path: '/moto-api/config', json: { stepfunctions: { execute_state_machine: true } } })
  return {
    ask,
    calls,
    onCall(next) {
      hear = next
    },
    onAnswer(next) {
      say = next
    },
    async close() {
      moto.kill('SIGKILL')
      await ended
      recorder.closeAllConnections()
      await new Promise(resolve => recorder.close(resolve))
    },
  }
}

/** Where names are given it looks at no state: only alarms of the machine are in it. */
function asMotoKnows(body: Buffer): Uint8Array<ArrayBuffer> {
  const text = body.toString()
  if (!text.includes('"StateValue"')) return new Uint8Array(body)
  return new TextEncoder().encode(JSON.stringify({ ...JSON.parse(text), AlarmNames: undefined }))
}

function protocolOf({ headers }: Response): Record<string, string> {
  const protocol = headers.get('smithy-protocol')
  return protocol === null ? {} : { 'smithy-protocol': protocol }
}

function callOf({ url = '', method = 'GET', headers }: IncomingMessage, body: string): Call {
  const service = /\/([a-z-]+)\/aws4_request/.exec(String(headers.authorization))?.[1] ?? '?'
  if (service === 'lambda') {
    const [, , , on = '', part = ''] = url.split('/')
    const verb = part === 'versions' ? 'publishVersion' : method === 'PUT' ? 'updateAlias' : 'getAlias'
    return { action: `lambda ${verb}`, on, body }
  }
  const target = String(headers['x-amz-target'] ?? url)
  const action = new URLSearchParams(body).get('Action') ?? target.split(/[./]/).at(-1) ?? ''
  return { action: `${service === 'monitoring' ? 'cloudwatch' : service} ${action}`, on: '', body }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}

async function asked(
  port: number,
  service: string,
  { method = 'POST', path = '/', json, form, target }: Asking,
): Promise<string> {
  const scope = `Credential=groundplan/20260101/${region}/${service}/aws4_request`
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
      ...(form ? {} : { 'content-type': target ? 'application/x-amz-json-1.0' : 'application/json' }),
      ...(target ? { 'x-amz-target': target } : {}),
    },
    ...(form ? { body: new URLSearchParams(form) } : json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${service} ${path} ${target ?? ''}: ${reply.status} ${text.slice(0, 2_000)}`)
  return text
}

async function answering(port: number): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await connects(port))) {
    if (performance.now() > deadline) throw new Error('moto does not answer')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
