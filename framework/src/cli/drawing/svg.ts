/**
 * The picture of a plan as SVG: light and dark as its reader has it, without scripts and without fonts from elsewhere.
 */
import type { Graph } from '../../plan/graph.ts'
import { icons } from './icons.ts'
import { type Box, type Meaning, pictureOf, type Row } from './picture.ts'
import { type Line, type PlacedBox, type Sheet, sheetOf } from './routes.ts'
import { headHeight, rowHeight, rowTextAt, shortened, textAt } from './sizes.ts'
import { style } from './style.ts'
import { xml } from './words.ts'

const margin = 28
/** Above the boxes: the title and the columns' headings. */
const above = 92
/** Below them: what the lines mean. */
const below = 58

const meanings: Readonly<Record<Meaning, string>> = {
  calls: 'calls',
  reads: 'reads',
  writes: 'writes or sends',
  starts: 'makes it run',
  tells: 'measures, tells, configures',
}

/** Draws the graph of a plan. The same graph gives the same text. */
export function svg(graph: Graph): string {
  const picture = pictureOf(graph)
  const sheet = sheetOf(picture)
  const used = keysOf(meanings).filter(meaning => sheet.lines.some(line => line.meaning === meaning))
  const width = Math.max(sheet.width, 560) + 2 * margin
  const height = above + sheet.height + below
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title about">`,
    `<title id="title">${xml(picture.title)}</title>`,
    `<desc id="about">${xml(picture.description)}</desc>`,
    `<style>${style}</style>`,
    `<defs>${used.map(marker).join('')}</defs>`,
    `<rect class="sheet" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12"/>`,
    `<text class="title" x="${margin}" y="42">${xml(picture.title)}</text>`,
    ...headings(picture.columns, sheet),
    `<g transform="translate(${margin} ${above})">`,
    ...sheet.lines.map(lineText),
    ...sheet.boxes.map(boxText),
    '</g>',
    ...legend(used, height - 26),
    '</svg>',
    '',
  ].join('\n')
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record) as Key[] // written as a literal: it has these keys alone
}

function marker(meaning: Meaning): string {
  const shape = '<path d="M0 0.5L8 4L0 7.5Z"/>'
  return `<marker id="${meaning}" class="${meaning}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">${shape}</marker>`
}

function headings(columns: readonly string[], sheet: Sheet): readonly string[] {
  return columns.map((heading, index) => {
    const x = margin + (sheet.columns[index]?.x ?? 0)
    return `<text class="heading" x="${x}" y="74">${xml(heading.toUpperCase())}</text>`
  })
}

function lineText({ meaning, path, head, words }: Line): string {
  const arrow = head ? ` marker-${head}="url(#${meaning})"` : ''
  const title = words.length > 0 ? `<title>${xml(words.join('; '))}</title>` : ''
  return `<path class="line ${meaning}" d="${path}"${arrow}>${title}</path>`
}

function boxText({ box, x, y, width, height }: PlacedBox): string {
  const { kind, name, detail, rows } = box
  return [
    `<g class="${classOf(kind)}" transform="translate(${x} ${y})">`,
    `<rect class="box" width="${width}" height="${height}" rx="8"/>`,
    `<path class="icon" transform="translate(12 ${(headHeight - 16) / 2})" d="${icons[kind]}"/>`,
    `<text class="name" x="${textAt}" y="18">${xml(shortened(name))}</text>`,
    `<text class="detail" x="${textAt}" y="33">${xml(shortened(detail))}</text>`,
    ...rows.map((row, index) => rowText(row, headHeight + index * rowHeight, width)),
    '</g>',
  ].join('')
}

/** Kinds that share a colour: what keeps, what carries, what is outside, what is secret. */
function classOf(kind: Box['kind']): string {
  if (kind === 'table' || kind === 'view' || kind === 'database' || kind === 'bucket') return 'keeps'
  if (kind === 'queue' || kind === 'topic') return 'carries'
  if (kind === 'mailbox' || kind === 'connection') return 'outside'
  if (kind === 'secret' || kind === 'setting') return 'secret'
  return kind
}

function rowText({ name, kind, detail, caller }: Row, y: number, width: number): string {
  return [
    `<path class="rule" d="M0 ${y}H${width}"/>`,
    `<path class="icon small" transform="translate(11 ${y + 9}) scale(0.75)" d="${icons[kind]}"/>`,
    `<text class="handler" x="${rowTextAt}" y="${y + 17}">${xml(shortened(name))}</text>`,
    ...(caller === undefined
      ? []
      : [`<text class="caller" x="${width - 12}" y="${y + 17}">${xml(shortened(caller))}</text>`]),
    `<text class="path" x="${rowTextAt}" y="${y + 32}">${xml(shortened(detail))}</text>`,
  ].join('')
}

function legend(used: readonly Meaning[], y: number): readonly string[] {
  let x = margin
  return used.map(meaning => {
    const text = meanings[meaning]
    const at = x
    x += 44 + text.length * 6.4 + 20
    const line = `<path class="line ${meaning}" d="M${at} ${y - 4}h22" marker-end="url(#${meaning})"/>`
    return `${line}<text class="legend" x="${at + 36}" y="${y}">${text}</text>`
  })
}
