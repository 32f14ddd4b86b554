/**
 * What drawings are made of: shapes as text of SVG, in the colours of a picture.
 */

export interface Colours {
  /** Behind everything: from, to. */
  readonly sky: readonly [string, string]
  readonly disc: string
  /** The thing itself: its light side, its body, its dark side. */
  readonly light: string
  readonly body: string
  readonly dark: string
  /** A small thing that catches the eye. */
  readonly accent: string
}

const ink = '#1f2430'

export const palettes: readonly Colours[] = [
  {
    ...{ sky: ['#f6efe4', '#ead9c0'], disc: '#f8f4ec', light: '#6b7a8f' },
    ...{ body: '#44546a', dark: '#2b3646', accent: '#e07a3f' },
  },
  {
    ...{ sky: ['#e8f1f2', '#c5dde0'], disc: '#f3f9f9', light: '#f2c14e' },
    ...{ body: '#e0a82e', dark: '#a87614', accent: '#2f6f73' },
  },
  {
    ...{ sky: ['#efeaf6', '#d5c9e8'], disc: '#f8f5fc', light: '#7c6aa6' },
    ...{ body: '#594885', dark: '#372b59', accent: '#f0a35e' },
  },
  {
    ...{ sky: ['#eaf3ea', '#c8dfc9'], disc: '#f5faf4', light: '#5f9070' },
    ...{ body: '#3f6f51', dark: '#254633', accent: '#e3b23c' },
  },
  {
    ...{ sky: ['#fbeae6', '#f1c9bf'], disc: '#fdf5f2', light: '#c95d4e' },
    ...{ body: '#a84336', dark: '#6f2820', accent: '#f3d37a' },
  },
  {
    ...{ sky: ['#e6ebf4', '#bfcbe2'], disc: '#f4f6fb', light: '#3d4658' },
    ...{ body: '#262d3b', dark: '#12161f', accent: '#4fb0c6' },
  },
]

/** A rectangle with round corners. */
export function box(x: number, y: number, width: number, height: number, radius: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"/>`
}

export function disc(x: number, y: number, radius: number, fill: string): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`
}

export function ring(x: number, y: number, radius: number, width: number, colour: string): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${colour}" stroke-width="${width}"/>`
}

export function line(points: string, width: number, colour: string): string {
  const round = 'stroke-linecap="round" stroke-linejoin="round" fill="none"'
  return `<path d="${points}" stroke="${colour}" stroke-width="${width}" ${round}/>`
}

export function shape(points: string, fill: string): string {
  return `<path d="${points}" fill="${fill}"/>`
}

/** What shines on glass and metal. */
export function gleam(points: string, strength = 0.35): string {
  return `<path d="${points}" fill="#fff" opacity="${strength}"/>`
}

/** Glass seen from the front. */
export function glass(x: number, y: number, radius: number, { accent }: Colours): string {
  return [
    disc(x, y, radius, ink),
    disc(x, y, radius * 0.82, '#2f3a4d'),
    disc(x, y, radius * 0.62, '#16202e'),
    `<circle cx="${x}" cy="${y}" r="${radius * 0.44}" fill="${accent}" opacity="0.55"/>`,
    disc(x, y, radius * 0.26, '#0d131c'),
    `<ellipse cx="${x - radius * 0.3}" cy="${y - radius * 0.34}" rx="${radius * 0.2}" ry="${radius * 0.13}" fill="#fff" opacity="0.75" transform="rotate(-35 ${x - radius * 0.3} ${y - radius * 0.34})"/>`,
    disc(x + radius * 0.26, y + radius * 0.3, radius * 0.07, '#ffffff88'),
  ].join('')
}
