/** Answers as `once` keeps them, and kept ones given again. */
import { answerOf } from './answers.ts'
import type { Answer } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'
import type { KeptAnswer } from './once.ts'
import { declaredProblem } from './refusals.ts'

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
      return { kind: 'nothing', status: 204, headers: {} }
  }
}
