/**
 * Another process's operator, over the control socket of its data folder.
 */
import { type IncomingMessage, request } from 'node:http'
import type { About, Operator } from '../../contract/operator.ts'
import { type ProblemCode, problems } from '../../contract/problem-table.ts'
import { type Fault, fault, isFault } from '../../contract/problems.ts'
import { asks } from './asks.ts'
import { addressIn } from './place.ts'
import { problemTrailer } from './server.ts'

const streams: readonly string[] = ['exportTable', 'checkData'] satisfies readonly (keyof Operator)[]

/**
 * The operator of the process that runs a plan on this folder; undefined where none does: there is no socket, or it was
 * left by a process that is gone. Faults: `engine-unavailable` where the socket is somebody else's.
 */
export async function runningOperator(folder: string): Promise<Operator | undefined> {
  const path = addressIn(folder)
  if (path === undefined) return undefined
  try {
    const about = (await valueFrom(path, 'about', {})) as About
    return operatorAt(path, about)
  } catch (error) {
    if (isNobody(error)) return undefined
    throw isFault(error) ? error : cannotAsk(path, error)
  }
}

function operatorAt(path: string, { pid }: About): Operator {
  const lost = (error: unknown): unknown => (isFault(error) ? error : ended(pid, error))
  const methods = Object.keys(asks).map(method => {
    const one = (ask: object = {}) => valueFrom(path, method, ask).catch(error => Promise.reject(lost(error)))
    const many = (ask: object = {}) => itemsFrom(path, method, ask, lost)
    return [method, streams.includes(method) ? many : one] as const
  })
  // `asks` has the methods of the interface; what they give was made by the same methods of the other process.
  return Object.fromEntries(methods) as unknown as Operator
}

async function valueFrom(path: string, method: string, ask: object): Promise<unknown> {
  const response = await asked(path, method, ask)
  let text = ''
  for await (const part of textsOf(response)) text += part
  if (response.statusCode !== 200) throw faultOf(text)
  return JSON.parse(text)
}

async function* itemsFrom(
  path: string,
  method: string,
  ask: object,
  lost: (error: unknown) => unknown,
): AsyncIterable<unknown> {
  try {
    const response = await asked(path, method, ask)
    if (response.statusCode !== 200) throw await refusal(response)
    for await (const line of linesOf(response)) yield JSON.parse(line)
    const problem = response.trailers[problemTrailer]
    if (problem !== undefined) throw faultOf(decodeURIComponent(problem))
  } catch (error) {
    throw lost(error)
  }
}

function asked(path: string, method: string, ask: object): Promise<IncomingMessage> {
  const body = Buffer.from(JSON.stringify(ask))
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    request({ socketPath: path, path: `/v1/${method}`, method: 'POST', headers, agent: false }, resolve)
      .on('error', reject)
      .end(body)
  })
}

function textsOf(response: IncomingMessage): AsyncIterable<string> {
  return response.setEncoding('utf8')
}

async function* linesOf(response: IncomingMessage): AsyncIterable<string> {
  let rest = ''
  for await (const text of textsOf(response)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function refusal(response: IncomingMessage): Promise<Fault> {
  let text = ''
  for await (const part of textsOf(response)) text += part
  return faultOf(text)
}

function faultOf(text: string): Fault {
  const { code, detail } = JSON.parse(text) as { readonly code?: unknown; readonly detail?: unknown }
  if (typeof code === 'string' && isProblemCode(code)) return fault(code, String(detail))
  return fault('engine-unavailable', `the process answers in a way this version does not know: ${String(detail)}`)
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code)
}

/** No socket, or one that nobody listens at. */
function isNobody(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

function cannotAsk(path: string, error: unknown): Fault {
  const denied = ['EACCES', 'EPERM'].includes(codeOf(error) ?? '')
  const why = denied ? 'it belongs to another user: ask as the one who runs the system' : String(error)
  return fault('engine-unavailable', `the process cannot be asked at "${path}": ${why}`, {}, error)
}

function ended(pid: number, error: unknown): Fault {
  const detail = `process ${pid} ended or let go while it was asked: what was asked may have been done or not`
  return fault('engine-unavailable', detail, {}, error)
}
