/**
 * The table of problems: each code with whose fault it is, its HTTP status and its title. Kept apart from what makes faults,
 * since nobody needs it until something went wrong.
 */

/** Whose fault: the caller's (4xx), the author's of the plan (500, logged), the engine's (503, may be tried again). */
export type Blame = 'caller' | 'author' | 'engine'

export interface ProblemEntry {
  readonly blame: Blame
  readonly status: number
  readonly title: string
}

const caller = (status: number, title: string): ProblemEntry => ({ blame: 'caller', status, title })
const author = (title: string): ProblemEntry => ({ blame: 'author', status: 500, title })
const engine = (title: string, status = 503): ProblemEntry => ({ blame: 'engine', status, title })

export const problems = {
  'request-invalid': caller(400, 'The request does not fit what the endpoint asks for'),
  'invalid-json': caller(400, 'The body is not valid JSON in UTF-8'),
  'invalid-cursor': caller(400, 'The cursor does not come from this query'),
  'idempotency-key-invalid': caller(400, 'The idempotency key is empty, too long or has characters outside ASCII'),
  'not-authenticated': caller(401, 'The request does not show who is calling'),
  'not-allowed': caller(403, 'The caller may not do this'),
  'no-such-route': caller(404, 'There is nothing at this address'),
  'method-not-allowed': caller(405, 'This address does not answer to this method'),
  'request-too-slow': caller(408, 'The request did not arrive in time'),
  'call-in-flight': caller(409, 'A call with this idempotency key is still running'),
  conflict: caller(409, 'A condition of the write does not hold'),
  'body-too-large': caller(413, 'The body is larger than the endpoint accepts'),
  'unsupported-media-type': caller(415, 'The body is not of a media type the endpoint accepts'),
  'idempotency-key-reused': caller(422, 'This idempotency key was used for another request'),
  throttled: caller(429, 'Too many requests'),
  'quota-used-up': caller(429, 'The quota of this caller is used up'),
  'headers-too-large': caller(431, 'The request headers are too large'),

  'plan-invalid': author('The plan has mistakes'),
  'answer-invalid': author('The answer of the handler does not fit the schema'),
  'undeclared-problem': author('The handler answered with a problem that its `fails` does not name'),
  'handler-failed': author('The handler failed unexpectedly'),
  'item-invalid': author('The item does not fit the schema of its table'),
  'item-too-large': author('The item is too large'),
  'invalid-key': author('The key is empty, too long, or not a string or safe integer'),
  'stored-item-invalid': author('A stored item fits no version of its schema'),
  'too-many-keys': author('Too many keys at once'),
  'page-size-invalid': author('The page size is out of range'),
  'too-many-operations': author('Too many operations in one commit'),
  'commit-too-large': author('The commit is too large'),
  'item-twice-in-commit': author('Two operations of one commit touch the same item'),
  'operations-of-two-calls': author('The operations of a commit belong to different calls'),
  'operation-never-run': author('An operation was made and never run'),
  'operation-run-twice': author('An operation was run twice'),
  'write-outside-answer': author('An endpoint with `once` wrote outside the operation it returns'),
  'message-invalid': author('The message does not fit its schema'),
  'message-too-large': author('The message is too large'),
  'delay-too-long': author('The delay is too long'),
  'delay-on-ordered-queue': author('An ordered queue takes no delay'),
  'mail-invalid': author('The mail has no valid recipient or subject'),
  'secret-missing': author('A secret is missing'),
  'setting-missing': author('A setting is missing'),
  'setting-invalid': author('A setting does not fit its schema'),
  'object-cold': author('The object is in cold storage and must be restored first'),
  'object-too-large': author('The object is too large'),
  'part-invalid': author('A part of the upload is missing, too small or out of order'),
  'link-too-long': author('The link or credential would live too long'),
  'migration-changed': author('A migration that has run was changed or removed'),
  'sql-failed': author('The SQL statement failed'),
  'request-undeliverable': author('A call to another service does not fit its endpoint'),
  unsupported: author('The engine does not offer this'),

  'timed-out': engine('The call took too long', 504),
  'call-overtaken': engine('Another run of this call has taken over', 503),
  'claim-lost': engine('The claim of this call was lost', 503),
  'service-unavailable': engine('The service does not answer'),
  'engine-unavailable': engine('The engine does not answer'),
  'data-damaged': engine('Stored data is damaged', 500),
  stopping: engine('The process is stopping'),
  overloaded: engine('Too much is waiting'),
} as const satisfies Readonly<Record<string, ProblemEntry>>

export type ProblemCode = keyof typeof problems
