/**
 * From the boxes and links of a picture to places on a sheet, in pixels. A link that passes a column does so in a lane
 * between its boxes; links of one meaning to one thing share their lanes and the place where they arrive.
 */
import { type Block, placed, type Segment } from './layers.ts'
import type { Box, Link, Meaning, Picture } from './picture.ts'
import { headHeight, heightOf, rowHeight, widthOf } from './sizes.ts'

export interface PlacedBox {
  readonly box: Box
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Line {
  readonly meaning: Meaning
  readonly path: string
  /** Where the arrow's head is. */
  readonly head?: 'start' | 'end'
  readonly words: readonly string[]
}

export interface Sheet {
  readonly width: number
  readonly height: number
  readonly columns: readonly { readonly x: number; readonly width: number }[]
  readonly boxes: readonly PlacedBox[]
  readonly lines: readonly Line[]
}

/** A piece of one or more links, between neighbouring columns. */
interface Piece extends Segment {
  readonly meaning: Meaning
  head?: 'start' | 'end'
  readonly words: string[]
}

/** Places everything. */
export function sheetOf({ boxes, links, columns }: Picture): Sheet {
  const home = homesOf(boxes)
  const { pieces, lanes, loops } = pieced(links, home)
  const tops = placed([...boxes.map(blockOf), ...lanes], pieces)
  const across = columnsAt(boxes, columns.length, pieces, home)
  const places = boxes.map(box => {
    const { x, width } = across[box.column] ?? { x: 0, width: 0 }
    return { box, x, width, y: tops.get(box.id) ?? 0, height: heightOf(box) }
  })
  const ends = endsOf(boxes, lanes, tops, across, [...pieces, ...loops])
  const last = across.at(-1)
  return {
    width: (last?.x ?? 0) + (last?.width ?? 0),
    height: Math.max(0, ...places.map(({ y, height }) => y + height)),
    columns: across,
    boxes: places,
    lines: [...lanes.map(lane => laneLine(lane, tops, across)), ...pieces.map(ends.curve), ...loops.map(ends.loop)],
  }
}

type Homes = ReadonlyMap<string, number>

/** The column of each box and row. */
function homesOf(boxes: readonly Box[]): Homes {
  return new Map(boxes.flatMap(({ id, rows, column }) => [id, ...rows.map(row => row.id)].map(each => [each, column])))
}

function blockOf(box: Box): Block {
  const { id, column, rows } = box
  const at = rows.length > 0 ? headHeight / 2 : heightOf(box) / 2
  const parts = rows.map((row, index) => ({ id: row.id, at: headHeight + (index + 0.5) * rowHeight }))
  return { id, layer: column, height: heightOf(box), parts: [{ id, at }, ...parts] }
}

interface Lane extends Block {
  readonly meaning: Meaning
}

interface Pieced {
  readonly pieces: readonly Piece[]
  readonly lanes: readonly Lane[]
  /** Links between boxes of one column. */
  readonly loops: readonly Piece[]
}

/** Cuts links into pieces between neighbouring columns. */
function pieced(links: readonly Link[], home: Homes): Pieced {
  const pieces = new Map<string, Piece>()
  const lanes = new Map<string, Lane>()
  const loops: Piece[] = []
  for (const { from, to, meaning, words } of links) {
    const [start, end] = [home.get(from) ?? 0, home.get(to) ?? 0]
    if (start === end) loops.push({ left: from, right: to, meaning, head: 'end', words: [words] })
    else {
      const [left, right] = start < end ? [from, to] : [to, from]
      const stops = stopsOf(left, right, meaning, start < end, home, lanes)
      stops.slice(1).forEach((stop, index) => {
        const piece = pieceAt(pieces, stops[index] ?? left, stop, meaning, start < end)
        piece.words.push(words)
        if (start < end ? stop === right : index === 0) piece.head = start < end ? 'end' : 'start'
      })
    }
  }
  return { pieces: [...pieces.values()], lanes: [...lanes.values()], loops }
}

/** The ends of a link and its lanes between. */
function stopsOf(
  left: string,
  right: string,
  meaning: Meaning,
  rightwards: boolean,
  home: Homes,
  lanes: Map<string, Lane>,
) {
  const between: string[] = []
  for (let layer = (home.get(left) ?? 0) + 1; layer < (home.get(right) ?? 0); layer += 1) {
    const id = `lane ${layer} ${right} ${meaning} ${rightwards}`
    lanes.set(id, { id, layer, height: 0, parts: [{ id, at: 0 }], meaning })
    between.push(id)
  }
  return [left, ...between, right]
}

function pieceAt(
  pieces: Map<string, Piece>,
  left: string,
  right: string,
  meaning: Meaning,
  rightwards: boolean,
): Piece {
  const key = `${left} ${right} ${meaning} ${rightwards}`
  const piece = pieces.get(key) ?? { left, right, meaning, words: [] }
  pieces.set(key, piece)
  return piece
}

// ---------- across

type Columns = Sheet['columns']

/** Columns as wide as their boxes; the more lines between two, the more room. */
function columnsAt(boxes: readonly Box[], count: number, pieces: readonly Piece[], home: Homes): Columns {
  let x = 0
  return Array.from({ length: count }, (_, column) => {
    const width = Math.max(0, ...boxes.filter(box => box.column === column).map(widthOf))
    const lines = pieces.filter(({ left }) => columnOf(left, home) === column).length
    const own = { x, width }
    x += width + Math.min(150, 56 + lines * 5)
    return own
  })
}

function columnOf(stop: string, home: Homes): number {
  return home.get(stop) ?? Number(stop.split(' ')[1])
}

// ---------- lines

const portDistance = 9

interface Ends {
  curve(piece: Piece): Line
  loop(piece: Piece): Line
}

/** Where lines meet boxes: each part has, on each side, one place for each meaning and direction. */
function endsOf(
  boxes: readonly Box[],
  lanes: readonly Lane[],
  tops: ReadonlyMap<string, number>,
  columns: Columns,
  pieces: readonly Piece[],
): Ends {
  const middles = new Map<string, { readonly y: number; readonly layer: number; readonly lane: boolean }>()
  for (const { id, layer, height, parts } of [...boxes.map(blockOf), ...lanes]) {
    for (const part of parts) middles.set(part.id, { y: (tops.get(id) ?? 0) + part.at, layer, lane: height === 0 })
  }
  const ports = portsOf(pieces, middles)
  const at = (stop: string, side: 'left' | 'right', piece: Piece) => {
    const { layer = 0, y = 0 } = middles.get(stop) ?? {}
    const { x = 0, width = 0 } = columns[layer] ?? {}
    return { x: side === 'right' ? x + width : x, y: y + (ports.get(portKey(stop, side, piece)) ?? 0) }
  }
  const line = ({ meaning, head, words }: Piece, path: string): Line => ({
    meaning,
    path,
    words,
    ...(head ? { head } : {}),
  })
  return {
    curve: piece => line(piece, curve(at(piece.left, 'right', piece), at(piece.right, 'left', piece), piece.head)),
    loop: piece => line(piece, loop(at(piece.left, 'right', piece), at(piece.right, 'right', piece))),
  }
}

type Middles = ReadonlyMap<string, { readonly y: number; readonly layer: number; readonly lane: boolean }>

function portKey(stop: string, side: 'left' | 'right', { meaning, head }: Piece): string {
  return `${stop}|${side}|${meaning}|${head === 'start'}`
}

/** Several places on one side of a part stand above each other, in the order of where their lines go. */
function portsOf(pieces: readonly Piece[], middles: Middles): ReadonlyMap<string, number> {
  const sides = new Map<string, Map<string, number[]>>()
  const note = (stop: string, side: 'left' | 'right', piece: Piece, other: string): void => {
    if (middles.get(stop)?.lane) return
    const ports = sides.get(`${stop}|${side}`) ?? new Map<string, number[]>()
    sides.set(`${stop}|${side}`, ports)
    const key = portKey(stop, side, piece)
    ports.set(key, [...(ports.get(key) ?? []), middles.get(other)?.y ?? 0])
  }
  for (const piece of pieces) {
    const inOne = middles.get(piece.left)?.layer === middles.get(piece.right)?.layer
    note(piece.left, 'right', piece, piece.right)
    note(piece.right, inOne ? 'right' : 'left', piece, piece.left)
  }
  return new Map([...sides.values()].flatMap(spread))
}

function spread(ports: ReadonlyMap<string, readonly number[]>): readonly (readonly [string, number])[] {
  const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length
  const keys = [...ports].toSorted(([, a], [, b]) => mean(a) - mean(b)).map(([key]) => key)
  return keys.map((key, index) => [key, (index - (keys.length - 1) / 2) * portDistance])
}

interface Point {
  readonly x: number
  readonly y: number
}

/** The head of an arrow is this long, and the line ends before its point. */
const headLength = 7

function curve(from: Point, to: Point, head: 'start' | 'end' | undefined): string {
  const start = from.x + (head === 'start' ? headLength : 0)
  const end = to.x - (head === 'end' ? headLength : 0)
  const middle = Math.round((start + end) / 2)
  if (from.y === to.y) return `M${start} ${from.y}H${end}`
  return `M${start} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}`
}

function loop(from: Point, to: Point): string {
  const out = Math.round(Math.max(from.x, to.x) + Math.min(56, 26 + Math.abs(to.y - from.y) / 8))
  return `M${from.x} ${from.y}C${out} ${from.y} ${out} ${to.y} ${to.x + headLength} ${to.y}`
}

function laneLine({ id, layer, meaning }: Lane, tops: ReadonlyMap<string, number>, columns: Columns): Line {
  const { x = 0, width = 0 } = columns[layer] ?? {}
  return { meaning, path: `M${x} ${tops.get(id) ?? 0}H${x + width}`, words: [] }
}
