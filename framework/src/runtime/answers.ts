/**
 * Answers: what a handler gave, written as its endpoint promises; and what went wrong, as a problem that says enough
 * and no more.
 */
import { type Fault, fault, isFault, type ProblemCode, problems } from '../contract/problems.ts'
import { type File, isAnswered } from '../plan/endpoint.ts'
import { isProblem, type Problem } from '../plan/problem.ts'
import { issuesText } from './clients/reading.ts'
import type { Answer, ProblemAnswer, ProblemBody } from './door.ts'
import type { BoundEndpoint, Output } from './endpoints.ts'
import type { KeptAnswer } from './once.ts'

const none: Readonly<Record<string, string>> = {}

/** Writes a handler's value. Faults: `answer-invalid`, `undeclared-problem`. */
export function answerOf(bound: BoundEndpoint, value: unknown): Answer {
  if (isProblem(value)) return declaredProblem(bound, value)
  const { output } = bound
  switch (output.kind) {
    case 'json':
      return jsonAnswer(bound, output, value)
    case 'file':
      return fileAnswer(bound, value)
    case 'nothing':
      return { kind: 'nothing', status: 204, headers: none }
    case 'stream':
      throw fault('answer-invalid', `${bound.service}/${bound.name} must give an async iterable`)
  }
}

function jsonAnswer(bound: BoundEndpoint, output: Extract<Output, { kind: 'json' }>, value: unknown): Answer {
  const chosen = isAnswered(value)
  const status = chosen ? value.status : output.status
  const writer = output.writers.get(status)
  if (!writer)
    throw fault('answer-invalid', `${bound.service}/${bound.name} answered with the undeclared status ${status}`)
  const written = writer.write(chosen ? value.value : value)
  if (!written.ok) {
    throw fault('answer-invalid', `${bound.service}/${bound.name}: ${issuesText(written.issues)}`, {
      issues: written.issues,
    })
  }
  return { kind: 'json', status, json: written.json, headers: chosen ? value.headers : none }
}

function fileAnswer(bound: BoundEndpoint, value: unknown): Answer {
  const { returns } = bound.endpoint
  const types: readonly string[] = 'types' in returns && Array.isArray(returns.types) ? returns.types : []
  const chosen = isAnswered(value)
  const file = (chosen ? value.value : value) as File | undefined
  if (typeof file?.type !== 'string' || !types.includes(file.type)) {
    throw fault('answer-invalid', `${bound.service}/${bound.name} must give a file of one of: ${types.join(', ')}`)
  }
  return { kind: 'file', status: 200, file, headers: chosen ? value.headers : none }
}

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
  const { title, status } = problems[code]
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

/** An answer as `once` keeps it. Streams and files are not kept: the check of the plan refuses them with `once`. */
export function keptAnswerOf(answer: Answer): KeptAnswer {
  switch (answer.kind) {
    case 'json':
      return { kind: 'json', status: answer.status, json: answer.json, headers: answer.headers }
    case 'problem': {
      const { code, detail } = answer.problem
      return { kind: 'problem', code, ...(detail === undefined ? {} : { detail }) }
    }
    default:
      return { kind: 'nothing' }
  }
}

/** A kept answer, given again. `stored` reads an item of a table. */
export function repeated(
  bound: BoundEndpoint,
  kept: KeptAnswer,
  stored: (table: string, item: unknown) => unknown,
): Answer {
  switch (kept.kind) {
    case 'json':
      return kept
    case 'item':
      return answerOf(bound, stored(kept.table, kept.item))
    case 'problem':
      return declaredProblem(bound, { ...kept, kind: 'problem' })
    case 'nothing':
      return { kind: 'nothing', status: 204, headers: none }
  }
}
