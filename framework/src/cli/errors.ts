/**
 * Failures: what a command says when it cannot go on: what happened, and what to do next. Everything that is thrown ends
 * here; what nobody foresaw is shown with its stack.
 */
import { isFault } from '../contract/problems.ts'

/** How a command ended. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const

/** Something that ends a command, with words for people. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** What to do about it; several lines where there are several ways. */
  readonly wayOut: string
  readonly exitCode: number

  constructor(message: string, wayOut: string, exitCode: number = exitCodes.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.wayOut = wayOut
    this.exitCode = exitCode
  }
}

/** A command that was given in a way it cannot understand. */
export function wrongUsage(message: string, wayOut: string): Failure {
  return new Failure(message, wayOut, exitCodes.wrongUsage)
}

/** Puts whatever was thrown into words. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (isFault(error)) return new Failure(error.message, wayOutOfFaults[error.code] ?? 'see docs/problems.md', 1, error)
  const known = isSystemError(error) ? systemFailure(error) : undefined
  return known ?? unforeseen(error)
}

const wayOutOfFaults: Readonly<Record<string, string>> = {
  'plan-invalid': 'correct the plan, then run the command again',
}

interface SystemError extends Error {
  readonly code: string
  readonly path?: string
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function systemFailure(error: SystemError): Failure | undefined {
  const path = error.path ?? 'a file'
  const failure = (message: string, wayOut: string) => new Failure(message, wayOut, exitCodes.failed, error)
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return failure(`You may not read or write ${path}`, 'give yourself the right to it, or work in a folder of yours')
    case 'EROFS':
      return failure(`${path} is on a disk that cannot be written`, 'work in a folder that can be')
    case 'ENOSPC':
      return failure('The disk is full', 'make room on it')
    case 'EMFILE':
      return failure('This process has too many files open', 'raise the limit: ulimit -n 4096')
    case 'ENOENT':
      return failure(`${path} does not exist`, 'check how it is written')
    default:
      return undefined
  }
}

function unforeseen(error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Failure(text, 'this should not happen: please report it, with what is printed above', 1, error)
}
