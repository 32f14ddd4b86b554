/**
 * Answers as API Gateway takes them from a function. What has a known size is one object; files and streams of events are
 * written piece by piece where the host takes them so.
 */
import { limits, utf8Bytes } from '../../contract/limits.ts'
import type { Answer, ProblemAnswer } from '../../runtime/door.ts'
import { refusalOf } from '../../runtime/refusals.ts'
import type { Spot } from '../addresses.ts'
import { corsHeaders } from '../cors.ts'
import { apiDefaults, type HeaderList, withOwn } from '../headers.ts'
import type { Came } from './came.ts'
import { collected, eventsReply, fileReply } from './piecewise.ts'

/** An answer, whatever format it will have. */
export interface Reply {
  readonly status: number
  /** Name and value in turn. */
  readonly headers: HeaderList
  readonly content: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

export interface RestResult {
  readonly statusCode: number
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** `more`: headers of the door itself, such as those of CORS. */
export function replyOf(answer: Answer, more: HeaderList): Reply {
  switch (answer.kind) {
    case 'json':
      if (isTooLarge(answer.json)) return problemReply(tooLarge(), more)
      return textReply(answer.status, 'application/json', answer.json, withOwn(apiDefaults, answer.headers), more)
    case 'problem':
      return problemReply(answer, more)
    case 'nothing':
      return { status: 204, headers: [...withOwn(apiDefaults, answer.headers), ...more], content: '' }
    case 'file':
      return fileReply(answer, more)
    case 'events':
      return eventsReply(answer, more)
  }
}

export function problemReply({ status, problem, headers }: ProblemAnswer, more: HeaderList): Reply {
  const text = JSON.stringify(problem)
  return textReply(status, 'application/problem+json', text, withOwn(apiDefaults, headers), more)
}

function textReply(status: number, type: string, content: string, head: string[], more: HeaderList): Reply {
  return { status, headers: [...head, ...more, 'Content-Type', type], content }
}

/** Lambda hands on no more. UTF-8 takes at most three bytes a UTF-16 unit, so a short text needs no counting. */
function isTooLarge(json: string): boolean {
  return json.length * 3 > limits.requestBytes && utf8Bytes(json) > limits.requestBytes
}

function tooLarge(): ProblemAnswer {
  return refusalOf('answer-invalid', 'the answer is larger than a function may give')
}

/** The headers of CORS, where the gateway has rules. */
export function corsOf({ headers }: Came, spot: Spot | undefined): HeaderList {
  const cors = spot?.standing.cors
  return cors ? corsHeaders(cors, headers.origin) : []
}

export async function restResult(reply: Reply): Promise<RestResult> {
  const multiValueHeaders: Record<string, string[]> = {}
  for (const [name, value] of pairs(reply.headers)) {
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value]
  }
  return { statusCode: reply.status, multiValueHeaders, ...(await bodyOf(reply)) }
}

export function pairs(headers: HeaderList): readonly (readonly [string, string])[] {
  return Array.from({ length: headers.length / 2 }, (_, at) => [headers[2 * at] ?? '', headers[2 * at + 1] ?? ''])
}

export async function bodyOf({ content }: Reply): Promise<Pick<RestResult, 'body' | 'isBase64Encoded'>> {
  if (typeof content === 'string') return { body: content, isBase64Encoded: false }
  const bytes = content instanceof Uint8Array ? content : await collected(content)
  return { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true }
}
