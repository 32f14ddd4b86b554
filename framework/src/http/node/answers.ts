/**
 * Answers: written to the client as their kind asks. Nothing here decides what is answered.
 */
import type { Clock } from '../../contract/clock.ts'
import type { Answer, ProblemAnswer } from '../../runtime/door.ts'
import { apiDefaults, type HeaderList, type HeaderRecord } from '../headers.ts'
import { compressedFromBytes } from '../media.ts'
import { sendText } from './content.ts'
import { sendEvents } from './events.ts'
import { type Exchange, isByNode, type NodeExchange } from './exchange.ts'
import { sendFile } from './files.ts'

type JsonAnswer = Extract<Answer, { kind: 'json' }>

/**
 * Writes an answer. Resolves, or returns nothing, when it has been handed over; rejects when it could not be written.
 */
export function sendAnswer(exchange: Exchange, answer: Answer, clock: Clock): Promise<void> | undefined {
  switch (answer.kind) {
    case 'json':
      return sendJson(exchange, answer)
    case 'problem':
      return sendProblem(exchange, answer)
    case 'nothing':
      exchange.response.writeHead(204, exchange.head(apiDefaults, answer.headers))
      exchange.response.end()
      return undefined
    case 'file':
      return sendFile(byNode(exchange), answer)
    case 'events':
      return sendEvents(byNode(exchange), answer, clock)
  }
}

function sendJson(exchange: Exchange, { status, json, headers }: JsonAnswer): Promise<void> | undefined {
  const { response, standing } = exchange
  const bytes = Buffer.byteLength(json)
  if (!response.plain || bytes >= compressedFromBytes || standing?.cors || !isEmpty(headers)) {
    return sendText(exchange, status, 'application/json', json, exchange.head(apiDefaults, headers))
  }
  response.plain(status, json, bytes)
  return undefined
}

function isEmpty(headers: HeaderRecord): boolean {
  for (const _ in headers) return false
  return true
}

/** Files and events are streams: their endpoints are never on the short way. */
function byNode(exchange: Exchange): NodeExchange {
  if (isByNode(exchange)) return exchange
  throw new TypeError('a stream cannot be answered on the short way')
}

export function sendProblem(
  exchange: Exchange,
  { status, problem, headers }: ProblemAnswer,
  more: HeaderList = [],
): Promise<void> | undefined {
  const head = exchange.head(apiDefaults, headers)
  head.push(...more)
  return sendText(exchange, status, 'application/problem+json', JSON.stringify(problem), head)
}
