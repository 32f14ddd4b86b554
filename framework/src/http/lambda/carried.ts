/**
 * Answers between two processes, as one JSON. A file travels whole; a stream goes another way (see handed-on.ts).
 */
import { fault } from '../../contract/problems.ts'
import type { Answer } from '../../runtime/door.ts'
import { refusalOf } from '../../runtime/refusals.ts'
import { collected } from './piecewise.ts'

type FileAnswer = Extract<Answer, { kind: 'file' }>

/** A file's content as JSON takes it. */
interface CarriedFile extends Omit<FileAnswer, 'kind' | 'file'> {
  readonly kind: 'carried-file'
  readonly type: string
  readonly name?: string
  readonly content: string
  readonly base64: boolean
}

export type CarriedAnswer = Exclude<Answer, { kind: 'file' | 'events' }> | CarriedFile

export async function carriedAnswer(answer: Answer): Promise<CarriedAnswer> {
  if (answer.kind === 'file') return carriedFile(answer)
  if (answer.kind !== 'events') return answer
  await answer.events[Symbol.asyncIterator]().return?.()
  return refusalOf('unsupported', 'a stream is handed on piece by piece, and was asked for whole')
}

async function carriedFile({ file, status, headers }: FileAnswer): Promise<CarriedFile> {
  const { type, name, content } = file
  const base64 = typeof content !== 'string'
  const text = base64 ? await asBase64(content) : content
  return { kind: 'carried-file', status, headers, type, ...(name === undefined ? {} : { name }), content: text, base64 }
}

async function asBase64(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = content instanceof Uint8Array ? content : await collected(content)
  return Buffer.from(bytes).toString('base64')
}

/** Reads what `carriedAnswer` wrote. Faults: `service-unavailable` where it is something else. */
export function answerCarried(json: string): Answer {
  const answer = answerIn(json)
  if (!answer.kind) throw fault('service-unavailable', 'the service gave no answer of ours')
  if (answer.kind !== 'carried-file') return answer
  const { status, headers, type, name, content, base64 } = answer
  const bytes = base64 ? Buffer.from(content, 'base64') : content
  return { kind: 'file', status, headers, file: { type, content: bytes, ...(name === undefined ? {} : { name }) } }
}

function answerIn(json: string): CarriedAnswer | { readonly kind?: undefined } {
  try {
    return JSON.parse(json) ?? {}
  } catch (error) {
    throw fault('service-unavailable', 'the service gave no answer that can be read', {}, error)
  }
}
