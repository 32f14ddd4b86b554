/**
 * Failures: what a command says when it cannot go on: what happened, and what to do next. Everything that is thrown ends
 * here; what nobody foresaw is shown with its stack.
 */
import { type Fault, isFault } from '../contract/problems.ts'

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
  if (isFault(error)) return faultFailure(error)
  const known = isSystemError(error) ? systemFailure(error) : undefined
  return known ?? unforeseen(error)
}

/** What is known of a fault stands in its own words; the ways out are those of the command line. */
function faultFailure(error: Fault): Failure {
  const { pid, engine, wayOut } = error.more
  if (typeof wayOut === 'string') return new Failure(upper(error.detail), wayOut, exitCodes.failed, error)
  if (typeof engine === 'string') return engineFailure(error, engine)
  if (typeof pid === 'number') return new Failure(upper(error.detail), heldElsewhere(pid), exitCodes.failed, error)
  return new Failure(error.message, wayOutOfFaults[error.code] ?? 'see docs/problems.md', exitCodes.failed, error)
}

/** An engine of an environment. */
function engineFailure(error: Fault, engine: string): Failure {
  const wayOut =
    error.code !== 'engine-unavailable'
      ? (wayOutOfEngines[error.code] ?? 'see docs/problems.md')
      : 'schema' in error.more
        ? 'groundplan migrate --env <name> shows what is to be done, and does it'
        : `see whether ${engine} runs where the environment's variables lead`
  return new Failure(upper(error.detail), wayOut, exitCodes.failed, error)
}

/** Another process has the data folder. */
function heldElsewhere(pid: number): string {
  return [
    'use the one that runs: it is asked at the address it said when it was ready',
    `end it, with Ctrl-C where it runs, or: kill ${pid}`,
    'or keep another set of data beside it: --data .groundplan/second --port 0',
  ].join('\n')
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

const wayOutOfEngines: Readonly<Record<string, string>> = {
  'plan-invalid': 'give the plan what the engine holds, or empty it',
  'data-damaged': 'give it the master key that sealed its vault: GROUNDPLAN_MASTER_KEY_FILE',
}

const wayOutOfFaults: Readonly<Record<string, string>> = {
  'plan-invalid': 'correct the plan, then run the command again',
  'engine-unavailable': 'make the folder one that this process may write, or name another one: --data <folder>',
  'data-damaged':
    'put back a copy of the folder, or begin anew beside it: --data <other folder>\n' +
    'nothing in it was changed; docs/problems.md#data-damaged says more',
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
