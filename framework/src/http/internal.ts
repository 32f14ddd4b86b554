/**
 * The internal address: where processes that divide a plan among them ask each other. `POST /internal/<plan>` takes a
 * request as JSON and answers with 200 and JSON, also where the answer is a problem: it is the asker's service that
 * deals with it. A stream is answered as lines. Whose token is not signed by the plan, or not for that endpoint, is told
 * `not-authenticated` before anything of the request is looked at.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { limits } from '../contract/limits.ts'
import type { CarriedRequest } from '../runtime/clients/service.ts'
import type { Answer } from '../runtime/door.ts'
import { refusalOf } from '../runtime/refusals.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { carriedAnswer } from './lambda/carried.ts'
import { linesOf } from './lambda/handed-on.ts'
import { written as lines } from './lambda/streamed.ts'
import { Budget } from './node/body.ts'
import type { Extra } from './node/elsewhere.ts'
import { heartbeatMs } from './node/events.ts'

/** Below which prefix processes of a plan ask each other. */
export const internalPath = '/internal'

/** A request's payload is JSON in JSON, where each quotation mark takes two bytes; and the token beside it. */
const mostBytes = 2 * limits.requestBytes + 65_536
/** What all that are arriving may take together. */
const mostBytesAtOnce = 64 * mostBytes

/**
 * Answers requests of other processes.
 * @param runtimeOf the runtime of a plan; undefined where it does not run here
 * @example serve(doors, { extra: { [internalPath]: internalAnswerer(name => runtimes.get(name)) }, … })
 */
export function internalAnswerer(runtimeOf: (plan: string) => Pick<Runtime, 'answer'> | undefined): Extra {
  const budget = new Budget(mostBytesAtOnce)
  return async (request, response) => {
    const runtime = request.method === 'POST' ? runtimeOf(planIn(request.url)) : undefined
    if (!runtime) return false
    const given = requestIn(await received(request, budget))
    // What is left of a body that nobody reads would stand in the next request's way.
    if (!request.complete) response.shouldKeepAlive = false
    const answer = given ? await runtime.answer(given, () => gone(response)) : invalid()
    await written(response, answer)
    return true
  }
}

function planIn(url = ''): string {
  return url.slice(internalPath.length + 1)
}

/** The body; undefined where it is too large, or breaks off. */
async function received(request: IncomingMessage, budget: Budget): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      if (bytes + piece.length > mostBytes || !budget.take(piece.length)) return undefined
      bytes += piece.length
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString()
  } catch {
    return undefined
  } finally {
    budget.giveBack(bytes)
  }
}

/** Anybody may send anything: only what has the form of a request is one. */
function requestIn(json: string | undefined): CarriedRequest | undefined {
  const asked = parsed(json)?.groundplan
  if (typeof asked !== 'object' || asked === null) return undefined
  const { service, endpoint, payload, token, traceparent, untilMs, onceKey } = asked as Record<string, unknown>
  if (!areTexts(service, endpoint, payload, token, traceparent) || typeof untilMs !== 'number') return undefined
  if (onceKey !== undefined && typeof onceKey !== 'string') return undefined
  return asked as CarriedRequest
}

function parsed(json: string | undefined): { readonly groundplan?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every(value => typeof value === 'string')
}

function invalid(): Answer {
  return refusalOf('request-invalid', 'this address is for services of the plan alone')
}

/** Aborted when nobody waits for the answer any more. */
function gone(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  const close = (): void => {
    if (!response.writableFinished) left.abort()
  }
  if (response.closed) close()
  else response.once('close', close)
  return left.signal
}

async function written(response: ServerResponse, answer: Answer): Promise<void> {
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'no-store')
  if (answer.kind !== 'events') {
    response.end(JSON.stringify(await carriedAnswer(answer)))
    return
  }
  response.flushHeaders()
  const beating = setInterval(() => response.write('\n'), heartbeatMs)
  try {
    await lines(response, linesOf(answer))
  } finally {
    clearInterval(beating)
  }
}
