/**
 * Points in time as people type them: `10m`, `'2 hours'`, `2030-01-02T03:04`.
 */
import { wrongUsage } from './errors.ts'

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const length = /^(\d+(?:\.\d+)?)\s*(s|m|h|d|seconds?|minutes?|hours?|days?)$/

/** Milliseconds since 1970. Throws a failure (wrong usage) for what is neither a length of time nor a time. */
export function sinceMs(text: string, nowMs: number): number {
  const [, amount, unit = ''] = length.exec(text.trim()) ?? []
  if (amount !== undefined) return nowMs - Number(amount) * (unitMs[unit[0] ?? ''] ?? 0)
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs)) throw wrongUsage(`"${text}" is no time`, "write --since 10m, '2 hours' or 2030-01-02T03:04")
  return atMs
}

/** The milliseconds of a length of time. Throws a failure (wrong usage) for what is none. */
export function inMs(text: string, flag: string): number {
  const [, amount, unit = ''] = length.exec(text.trim()) ?? []
  if (amount !== undefined) return Math.round(Number(amount) * (unitMs[unit[0] ?? ''] ?? 0))
  throw wrongUsage(`"${text}" is no length of time`, `write ${flag} 30s, '2 hours' or 7d`)
}
