/** A text as the dark squares of a QR code: drawn where it is shown, so that nobody else reads what is in it. */
import encodeQR from 'qr'

export interface Squares {
  /** How many squares a side has, with the light border that readers want. */
  readonly side: number
  /** The dark ones, as a path in an SVG whose unit is a square. */
  readonly path: string
}

export function squaresOf(text: string): Squares {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 })
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { side: rows.length, path }
}
