/**
 * What is wrong with a value, in the form that leaves the framework: a JSON pointer and Zod's message. The lists are
 * bounded, because the value may come from somebody hostile.
 */
import type { z } from 'zod'

export interface Issue {
  /** Where: a JSON pointer (RFC 6901), `''` for the value itself. */
  readonly path: string
  /** What: Zod's message, at most 300 characters. */
  readonly message: string
}

export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly Issue[] }

export interface Refused {
  readonly ok: false
  readonly issues: readonly Issue[]
}

/** More issues than this are not listed. */
export const MAX_ISSUES = 50

const MAX_MESSAGE_CHARACTERS = 300

/** The first 50 issues of Zod's error. */
export function refusal(error: z.core.$ZodError): Refused {
  return { ok: false, issues: error.issues.slice(0, MAX_ISSUES).map(issueOf) }
}

/** One issue of our own with the value as a whole. */
export function refusedWith(message: string): Refused {
  return { ok: false, issues: [{ path: '', message: bounded(message) }] }
}

function issueOf(issue: z.core.$ZodIssue): Issue {
  return { path: pointer(issue.path), message: bounded(issue.message) }
}

function bounded(message: string): string {
  return message.length <= MAX_MESSAGE_CHARACTERS ? message : `${message.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`
}

/** @example pointer(['items', 0, 'a/b']) // '/items/0/a~1b' */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Whether the error says that a value was nested deeper than the stack reaches. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

/** Whether a value holds more than 2,000 parts. Stops counting there, so that its own cost is bounded too. */
export function isLarge(value: unknown): boolean {
  const open = [value]
  let parts = 0
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null) continue
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next)
    parts += inside.length
    if (parts > MAX_PARTS) return true
    for (const part of inside) open.push(part)
  }
  return false
}

const MAX_PARTS = 2_000
