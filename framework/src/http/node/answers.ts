/**
 * Answers: written to the client as their kind asks. Nothing here decides what is answered.
 */
import type { Clock } from '../../contract/clock.ts'
import type { Answer, ProblemAnswer } from '../../runtime/door.ts'
import { apiDefaults, type HeaderList } from '../headers.ts'
import { sendText } from './content.ts'
import { sendEvents } from './events.ts'
import type { Exchange } from './exchange.ts'
import { sendFile } from './files.ts'

/**
 * Writes an answer. Resolves, or returns nothing, when it has been handed over; rejects when it could not be written.
 */
export function sendAnswer(exchange: Exchange, answer: Answer, clock: Clock): Promise<void> | undefined {
  switch (answer.kind) {
    case 'json':
      return sendText(
        exchange,
        answer.status,
        'application/json',
        answer.json,
        exchange.head(apiDefaults, answer.headers),
      )
    case 'problem':
      return sendProblem(exchange, answer)
    case 'nothing':
      exchange.response.writeHead(204, exchange.head(apiDefaults, answer.headers))
      exchange.response.end()
      return undefined
    case 'file':
      return sendFile(exchange, answer)
    case 'events':
      return sendEvents(exchange, answer, clock)
  }
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
