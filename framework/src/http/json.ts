/**
 * JSON bodies: bytes of strict UTF-8 into a value. What `JSON.parse` gives has no prototype but Object's and no
 * accessor: a member named `__proto__` is a member like any other.
 */
import { isUtf8 } from 'node:buffer'

export type JsonRead = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/** Reads a body. Never throws. */
export function readJson(bytes: Buffer): JsonRead {
  if (!isUtf8(bytes)) return { ok: false, why: 'it is not UTF-8' }
  try {
    return { ok: true, value: JSON.parse(bytes.toString()) }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? withoutText(error.message) : 'it is not JSON' }
  }
}

/** Says where it broke, and repeats nothing of the body, which may hold secrets. */
function withoutText(message: string): string {
  const position = / at position \d+/.exec(message)?.[0]
  return position === undefined ? 'it ends too early or is no JSON' : `it breaks${position}`
}
