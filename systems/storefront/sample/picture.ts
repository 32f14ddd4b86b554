/**
 * The picture of a sample product: a thing on the ground, in front of a disc, in the colours of its maker. The same
 * product always gives the same picture.
 */
import type { Sample } from './assortment.ts'
import { palettes } from './drawing.ts'
import { thing } from './things.ts'

export function pictureOf({ name, kind, form, colours: number }: Sample): string {
  const colours = palettes[number % palettes.length]
  if (!colours) throw new Error('there are no colours')
  const [from, to] = colours.sky
  const stops = `<stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" role="img" aria-label="${name}">`,
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient></defs>`,
    '<rect width="640" height="480" fill="url(#sky)"/>',
    `<circle cx="${300 + form * 20}" cy="216" r="176" fill="${colours.disc}" opacity="0.75"/>`,
    `<rect y="390" width="640" height="90" fill="${to}" opacity="0.85"/>`,
    `<ellipse cx="320" cy="396" rx="190" ry="16" fill="${colours.dark}" opacity="0.22"/>`,
    thing(kind, colours, form),
    '</svg>\n',
  ].join('\n')
}
