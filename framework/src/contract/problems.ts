/**
 * Problems: what goes wrong is a fault with a code of the closed list, which stands in problem-table.ts. `docs/problems.md`
 * has a section for each; a test compares codes, uses and page.
 */
import { problemEntry } from './problem-entry.ts'
import type { Blame, ProblemCode } from './problem-table.ts'

export type { Blame, ProblemCode } from './problem-table.ts'

/** Something the framework itself says went wrong. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: ProblemCode
  /** More for the machine: the failing fields, seconds to wait. */
  readonly more: Readonly<Record<string, unknown>>

  constructor(code: ProblemCode, detail: string, more: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.more = more
  }

  get blame(): Blame {
    return problemEntry(this.code).blame
  }

  get status(): number {
    return problemEntry(this.code).status
  }

  /** What went wrong this time, without the code. */
  get detail(): string {
    return this.message.slice(this.code.length + 2)
  }
}

/**
 * Makes a fault, to be thrown.
 * @example throw fault('item-too-large', '612 KB, the limit is 400 KB')
 */
export function fault(
  code: ProblemCode,
  detail: string,
  more?: Readonly<Record<string, unknown>>,
  cause?: unknown,
): Fault {
  return new Fault(code, detail, more, cause)
}

export function isFault(error: unknown, code?: ProblemCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code)
}
