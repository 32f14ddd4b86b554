/**
 * Refusals: what went wrong, as a problem that says enough and no more.
 */
import { problemEntry } from '../contract/problem-entry.ts'
import { type Fault, fault, isFault, type ProblemCode } from '../contract/problems.ts'
import type { Problem } from '../plan/problem.ts'
import type { RunningCall } from './call.ts'
import type { Answer, ProblemAnswer, ProblemBody } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'

const none: Readonly<Record<string, string>> = {}

/** A problem that the endpoint's `fails` names. */
export function declaredProblem(bound: BoundEndpoint, { code, detail }: Problem): ProblemAnswer {
  const status = bound.endpoint.fails[code]
  if (status === undefined) {
    throw fault('undeclared-problem', `${bound.service}/${bound.name} answered with "${code}": name it in \`fails\``)
  }
  const body: ProblemBody = {
    type: 'about:blank',
    title: titleOf(code),
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
  }
  return { kind: 'problem', status, problem: body, headers: none, declared: true }
}

function titleOf(code: string): string {
  const words = code.replaceAll('-', ' ')
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** What went wrong, for the caller: details of its own fault, the trace alone of ours. */
export function problemFrom(error: unknown, trace: string | undefined): ProblemAnswer {
  const found = isFault(error) ? error : fault('handler-failed', 'see the logs', undefined, error)
  const { code, blame, more } = found
  const { title, status } = problemEntry(code)
  const body: ProblemBody = {
    type: 'about:blank',
    title,
    status,
    code,
    ...(blame === 'caller' ? { detail: found.detail, ...issuesIn(found) } : {}),
    ...(trace === undefined || blame === 'caller' ? {} : { trace }),
  }
  const retryAfter =
    typeof more.retryAfterS === 'number' ? { 'retry-after': String(Math.ceil(more.retryAfterS)) } : none
  return { kind: 'problem', status, problem: body, headers: retryAfter, declared: false }
}

/** A problem without the secrets that got into its words. */
export function scrubbed(answer: ProblemAnswer, scrub: (text: string) => string): ProblemAnswer {
  const { detail, issues, ...rest } = answer.problem
  const problem: ProblemBody = {
    ...rest,
    ...(detail === undefined ? {} : { detail: scrub(detail) }),
    ...(issues ? { issues: issues.map(({ path, message }) => ({ path: scrub(path), message: scrub(message) })) } : {}),
  }
  return { ...answer, problem }
}

function issuesIn({ more }: Fault): Pick<ProblemBody, 'issues'> {
  return Array.isArray(more.issues) ? { issues: more.issues as NonNullable<ProblemBody['issues']> } : {}
}

/** A problem that a door refuses a request with. */
export function refusalOf(code: ProblemCode, detail: string): ProblemAnswer {
  return problemFrom(fault(code, detail), undefined)
}

/** Whether operators must hear of it. */
export function isOurs(error: unknown): boolean {
  return !isFault(error) || error.blame !== 'caller'
}

/** What a call that failed is answered with; logged, where operators must hear of it. */
export function failure(call: RunningCall, error: unknown): Answer {
  if (isOurs(error)) call.log.error(`${call.name} failed`, { error })
  return scrubbed(problemFrom(error, call.span.traceId), call.kit.scrub)
}
