/** Answers that are files. */
import { fault } from '../contract/problems.ts'
import { type File, isAnswered } from '../plan/endpoint.ts'
import type { Answer } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'

/** Faults: `answer-invalid`. */
export function fileAnswer(bound: BoundEndpoint, value: unknown): Answer {
  const { returns } = bound.endpoint
  const types: readonly string[] = 'types' in returns && Array.isArray(returns.types) ? returns.types : []
  const chosen = isAnswered(value)
  const file = (chosen ? value.value : value) as File | undefined
  if (typeof file?.type !== 'string' || !types.includes(file.type)) {
    throw fault('answer-invalid', `${bound.service}/${bound.name} must give a file of one of: ${types.join(', ')}`)
  }
  return { kind: 'file', status: 200, file, headers: chosen ? value.headers : {} }
}
