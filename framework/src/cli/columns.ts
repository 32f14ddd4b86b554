/**
 * Tables for a terminal: aligned columns, times as people say them.
 */
import { oneLine } from './printable.ts'
import { paint, type Terminal } from './terminal.ts'

type Cell = string | number | undefined

/** Rows under a head, aligned; numbers to the right. Cells are shown in one line, without control characters. */
export function columns(head: readonly string[], rows: readonly (readonly Cell[])[], { colours }: Terminal): string {
  const ink = paint(colours)
  const cells = rows.map(row => row.map(cell => (cell === undefined ? '-' : oneLine(String(cell)))))
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map(row => row[at]?.length ?? 0)))
  const right = head.map((_, at) => rows.length > 0 && rows.every(row => typeof row[at] !== 'string'))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (right[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [ink.dim(line(head)), ...cells.map(line)].map(text => `${text}\n`).join('')
}

/** How long ago it was, or in how long it will be; for a machine the time itself. */
export function when(atMs: number | undefined, nowMs: number, { interactive }: Terminal): string {
  if (atMs === undefined) return '-'
  if (!interactive) return new Date(atMs).toISOString()
  const text = lengthOf(Math.abs(atMs - nowMs))
  return atMs > nowMs ? `in ${text}` : `${text} ago`
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A length of time in its largest unit. */
export function lengthOf(ms: number): string {
  const [unit, unitMs] = units.find(([, least]) => ms >= least) ?? ['ms', 1]
  return `${Math.floor(ms / unitMs)} ${unit}`
}
