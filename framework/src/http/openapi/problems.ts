/**
 * Problems in the document: those that an endpoint's `fails` names, and the framework's own, which are the same for
 * all endpoints and stand once in the components.
 */
import { type ProblemCode, problems } from '../../contract/problem-table.ts'
import type { AnyEndpoint } from '../../plan/endpoint.ts'
import type { JsonSchema, Ref, ResponseObject } from './document.ts'

const problemRef = { $ref: '#/components/schemas/Problem' }

/** RFC 9457, with our members. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'What went wrong (RFC 9457). Branch on `code`.',
  properties: {
    type: { type: 'string' },
    title: { type: 'string', description: 'For people.' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', description: 'Stable.' },
    detail: { type: 'string', description: 'For people; may change.' },
    issues: {
      type: 'array',
      description: 'Where the request does not fit.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'A JSON pointer.' },
          message: { type: 'string' },
        },
        required: ['path', 'message'],
      },
    },
    trace: { type: 'string', description: 'Operators find the logs by it.' },
  },
  required: ['type', 'title', 'status', 'code'],
}

/** What the framework may say by itself, by status. Without codes: any of the author's faults, which are not told. */
const own: Readonly<Record<number, { readonly name: string; readonly codes: readonly ProblemCode[] }>> = {
  400: {
    name: 'BadRequest',
    codes: ['request-invalid', 'invalid-json', 'invalid-cursor', 'idempotency-key-invalid'],
  },
  401: { name: 'NotAuthenticated', codes: ['not-authenticated'] },
  403: { name: 'NotAllowed', codes: ['not-allowed'] },
  404: { name: 'NoSuchRoute', codes: ['no-such-route'] },
  405: { name: 'MethodNotAllowed', codes: ['method-not-allowed'] },
  408: { name: 'TooSlow', codes: ['request-too-slow'] },
  409: { name: 'Conflict', codes: ['conflict', 'call-in-flight'] },
  413: { name: 'BodyTooLarge', codes: ['body-too-large'] },
  415: { name: 'UnsupportedMediaType', codes: ['unsupported-media-type'] },
  422: { name: 'IdempotencyKeyReused', codes: ['idempotency-key-reused'] },
  429: { name: 'TooManyRequests', codes: ['throttled', 'quota-used-up'] },
  431: { name: 'HeadersTooLarge', codes: ['headers-too-large'] },
  500: { name: 'Failed', codes: [] },
  503: { name: 'Unavailable', codes: ['service-unavailable', 'engine-unavailable', 'overloaded', 'stopping'] },
  504: { name: 'TimedOut', codes: ['timed-out'] },
}

const retried = new Set([409, 429, 503])

export function ownResponses(): Readonly<Record<string, ResponseObject>> {
  return Object.fromEntries(
    Object.entries(own).map(([status, { name, codes }]) => [name, problemResponse(Number(status), codes)]),
  )
}

/** The answers of an endpoint that are problems, by status. */
export function problemsOf(endpoint: AnyEndpoint): Readonly<Record<string, ResponseObject | Ref>> {
  const declared = new Map<number, string[]>()
  for (const [code, status] of Object.entries(endpoint.fails)) {
    declared.set(status, [...(declared.get(status) ?? []), code])
  }
  const answers: Record<string, ResponseObject | Ref> = {}
  for (const status of [...new Set([...declared.keys(), ...statusesOf(endpoint)])].sort()) {
    const codes = declared.get(status)
    const ours = own[status]
    answers[status] =
      codes === undefined && ours
        ? { $ref: `#/components/responses/${ours.name}` }
        : problemResponse(status, [
            ...(codes ?? []),
            ...(statusesOf(endpoint).includes(status) ? (ours?.codes ?? []) : []),
          ])
  }
  return answers
}

/** The statuses of the framework's own problems that this endpoint can have. */
function statusesOf({ caller, body, once }: AnyEndpoint): readonly number[] {
  return [
    400,
    ...(caller.scheme === 'anyone' ? [] : [401, 403]),
    ...(once === undefined ? [] : [409, 422]),
    ...(body ? [408, 413, 415] : []),
    ...[429, 431, 500, 503, 504],
  ]
}

function problemResponse(status: number, codes: readonly string[]): ResponseObject {
  const narrowed: JsonSchema = {
    allOf: [problemRef, { type: 'object', properties: { status: { const: status }, code: { enum: [...codes] } } }],
  }
  return {
    description: codes.length === 0 ? 'Something failed here; the trace says where.' : codes.map(titled).join('. '),
    ...(retried.has(status) ? { headers: retryAfter } : {}),
    content: { 'application/problem+json': { schema: codes.length === 0 ? problemRef : narrowed } },
  }
}

const retryAfter = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
}

function titled(code: string): string {
  if (Object.hasOwn(problems, code)) return problems[code as ProblemCode].title
  const words = code.replaceAll('-', ' ')
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
