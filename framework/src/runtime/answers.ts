/**
 * Answers: what a handler gave, written as its endpoint promises.
 */
import { fault } from '../contract/problems.ts'
import { isAnswered } from '../plan/endpoint.ts'
import { isProblem } from '../plan/problem.ts'
import { issuesText } from './clients/reading.ts'
import type { Answer } from './door.ts'
import type { BoundEndpoint, Output } from './endpoints.ts'
import { fileAnswer } from './file-answers.ts'
import { declaredProblem } from './refusals.ts'

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
