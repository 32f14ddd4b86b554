/**
 * How large boxes are, by their texts. Widths of letters are estimates on the safe side: which font a reader has is not
 * known.
 */
import type { Box, Row } from './picture.ts'

export const headHeight = 42
export const rowHeight = 40
const foot = 6

/** From the left edge of a box to its text. */
export const textAt = 36
/** From the left edge of a row to its text. */
export const rowTextAt = 30

/** Longer texts end in `…`. */
const most = 44

export function shortened(text: string): string {
  return [...text].length > most ? `${[...text].slice(0, most - 1).join('')}…` : text
}

export function heightOf({ rows }: Box): number {
  return rows.length === 0 ? headHeight : headHeight + rows.length * rowHeight + foot
}

export function widthOf(box: Box): number {
  const head = textAt + Math.max(wide(box.name, 8.2), wide(box.detail, 6.3)) + 14
  return Math.max(112, Math.ceil(Math.max(head, ...box.rows.map(rowWidth)) / 2) * 2)
}

function rowWidth({ name, caller, detail }: Row): number {
  const first = wide(name, 7.2) + (caller === undefined ? 0 : 14 + wide(caller, 6))
  return rowTextAt + Math.max(first, wide(detail, 6.5)) + 14
}

function wide(text: string, each: number): number {
  return [...shortened(text)].length * each
}
