/**
 * Expected failures: problems in the sense of RFC 9457, with a stable code that the endpoint names in `fails`.
 */

export interface Problem<out Code extends string = string> {
  readonly kind: 'problem'
  /** Stable, lower case with hyphens. Clients branch on it. */
  readonly code: Code
  /** For people; may change. */
  readonly detail?: string
}

/**
 * Says that something expected went wrong. Returned from a handler, or given to `.or(…)`.
 * @example return problem('sold-out', 'The last camera is gone')
 */
export function problem<const Code extends string>(code: Code, detail?: string): Problem<Code> {
  return detail === undefined ? { kind: 'problem', code } : { kind: 'problem', code, detail }
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'problem'
}
