/**
 * Places blocks in layers so that the lines between them are short and cross little: each block is drawn towards what it
 * is joined to, and the best of several sweeps is kept. Knows nothing of plans. The same blocks give the same places.
 */

export interface Block {
  readonly id: string
  readonly layer: number
  readonly height: number
  /** Where lines meet it, from its top. */
  readonly parts: readonly { readonly id: string; readonly at: number }[]
}

/** A line between parts of blocks in neighbouring layers, the left one first. */
export interface Segment {
  readonly left: string
  readonly right: string
}

/** The top of each block, by its id; the uppermost is at 0. */
export type Tops = ReadonlyMap<string, number>

const sweeps = 24
/** The space between two blocks of a layer. */
const space = 18
/** A crossing is as bad as a line this much longer. */
const crossingCost = 60
/** Swapping neighbours is tried in drawings up to this size: it looks at all lines each time. */
const swapsUpTo = 60

interface Joined {
  readonly part: { readonly block: Block; readonly at: number }
  readonly other: { readonly block: Block; readonly at: number }
}

type Layers = readonly (readonly Block[])[]
type Neighbours = ReadonlyMap<string, readonly Joined[]>

/** Finds places for blocks. Those that nothing joins stand below the others of their layer. */
export function placed(blocks: readonly Block[], segments: readonly Segment[]): Tops {
  const neighbours = neighboursOf(linesBetween(blocks, segments))
  const joined = blocks.filter(({ id }) => neighbours.has(id))
  const tops = new Map(placedByLines(joined, segments))
  for (const block of blocks) {
    if (!neighbours.has(block.id))
      tops.set(
        block.id,
        endOf(
          blocks.filter(({ layer }) => layer === block.layer),
          tops,
        ),
      )
  }
  return fromZero(tops)
}

/** Where the next block of a layer can stand. */
function endOf(layer: readonly Block[], tops: Tops): number {
  const ends = layer.flatMap(({ id, height }) => (tops.has(id) ? [(tops.get(id) ?? 0) + height + space] : []))
  return ends.length > 0 ? Math.max(...ends) : Math.min(0, ...tops.values())
}

function placedByLines(blocks: readonly Block[], segments: readonly Segment[]): Tops {
  const lines = linesBetween(blocks, segments)
  const neighbours = neighboursOf(lines)
  let layers = layersOf(blocks)
  let tops = settled(layers, neighbours)
  let best = { layers, tops, cost: costOf(lines, tops) }
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    layers = swept(layers, tops, neighbours, sweep % 2 === 0)
    tops = settled(layers, neighbours)
    const cost = costOf(lines, tops)
    if (cost < best.cost) best = { layers, tops, cost }
  }
  return blocks.length <= swapsUpTo ? swapped(best.layers, best.tops, neighbours, lines) : best.tops
}

function linesBetween(blocks: readonly Block[], segments: readonly Segment[]): readonly Joined[] {
  const parts = new Map(blocks.flatMap(block => block.parts.map(({ id, at }) => [id, { block, at }] as const)))
  return segments.flatMap(({ left, right }) => {
    const [part, other] = [parts.get(left), parts.get(right)]
    return part && other ? [{ part, other }] : []
  })
}

function neighboursOf(lines: readonly Joined[]): Neighbours {
  const found = new Map<string, Joined[]>()
  const add = (joined: Joined): void => {
    const { id } = joined.part.block
    found.set(id, [...(found.get(id) ?? []), joined])
  }
  for (const line of lines) {
    add(line)
    add({ part: line.other, other: line.part })
  }
  return found
}

function layersOf(blocks: readonly Block[]): Layers {
  const length = Math.max(0, ...blocks.map(({ layer }) => layer + 1))
  const layers: Block[][] = Array.from({ length }, () => [])
  for (const block of blocks) layers[block.layer]?.push(block)
  return layers
}

/** Sorts each layer by where its blocks are drawn to, from left to right or back. */
function swept(layers: Layers, tops: Tops, neighbours: Neighbours, rightwards: boolean): Layers {
  const now = new Map(tops)
  const next = [...layers]
  const order = rightwards ? next.keys() : [...next.keys()].reverse()
  for (const index of order) {
    const layer = next[index] ?? []
    const pulls = new Map(layer.map(block => [block, pull(block, now, neighbours, rightwards ? -1 : 1)]))
    next[index] = layer.toSorted((a, b) => (pulls.get(a) ?? 0) - (pulls.get(b) ?? 0))
    place(next[index] ?? [], block => pulls.get(block) ?? 0, now)
  }
  return next
}

/** Where a block's neighbours would have its top: those on one side (-1 left, 1 right), or on both (0). */
function pull(block: Block, tops: Tops, neighbours: Neighbours, side: -1 | 0 | 1): number {
  const all = neighbours.get(block.id) ?? []
  const meant = all.filter(({ other }) => side === 0 || Math.sign(other.block.layer - block.layer) === side)
  const top = tops.get(block.id) ?? 0
  if (meant.length === 0) return top
  const wishes = meant.map(({ part, other }) => (tops.get(other.block.id) ?? 0) + other.at - part.at)
  return wishes.reduce((sum, each) => sum + each, 0) / wishes.length
}

/** Places for a fixed order: each layer moves towards its neighbours until little changes. */
function settled(layers: Layers, neighbours: Neighbours): Tops {
  const tops = new Map<string, number>()
  for (const layer of layers) place(layer, () => 0, tops)
  for (let round = 0; round < 8; round += 1) {
    for (const layer of round % 2 === 0 ? layers : layers.toReversed()) {
      const pulls = new Map(layer.map(block => [block, pull(block, tops, neighbours, 0)]))
      place(layer, block => pulls.get(block) ?? 0, tops)
    }
  }
  return tops
}

/**
 * Places one layer in its order, as near as can be to where each block wishes to be: those that would overlap move as
 * one, to their mean (the pool-adjacent-violators rule).
 */
function place(layer: readonly Block[], wish: (block: Block) => number, tops: Map<string, number>): void {
  let offset = 0
  const offsets = layer.map(({ height }) => {
    const own = offset
    offset += height + space
    return own
  })
  const pools: { sum: number; count: number }[] = []
  layer.forEach((block, index) => {
    let pool = { sum: wish(block) - (offsets[index] ?? 0), count: 1 }
    for (let above = pools.at(-1); above && above.sum / above.count > pool.sum / pool.count; above = pools.at(-1)) {
      pool = { sum: above.sum + pool.sum, count: above.count + pool.count }
      pools.pop()
    }
    pools.push(pool)
  })
  const starts = pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count))
  layer.forEach(({ id }, index) => void tops.set(id, (starts[index] ?? 0) + (offsets[index] ?? 0)))
}

/** Swaps neighbours as long as the drawing gets better by it. */
function swapped(start: Layers, tops: Tops, neighbours: Neighbours, lines: readonly Joined[]): Tops {
  let best = { layers: start, tops, cost: costOf(lines, tops) }
  for (let round = 0, better = true; better && round < 8; round += 1) {
    better = false
    for (const layers of swaps(best.layers)) {
      const tried = settled(layers, neighbours)
      const cost = costOf(lines, tried)
      if (cost < best.cost - 0.5) {
        best = { layers, tops: tried, cost }
        better = true
        break
      }
    }
  }
  return best.tops
}

function* swaps(layers: Layers): Iterable<Layers> {
  for (const [at, layer] of layers.entries()) {
    for (let index = 1; index < layer.length; index += 1) {
      const [first, second] = [layer[index - 1], layer[index]]
      if (!first || !second) continue
      yield layers.with(at, layer.with(index - 1, second).with(index, first))
    }
  }
}

function costOf(lines: readonly Joined[], tops: Tops): number {
  const ends = lines.map(({ part, other }) => ({
    layer: part.block.layer,
    left: (tops.get(part.block.id) ?? 0) + part.at,
    right: (tops.get(other.block.id) ?? 0) + other.at,
  }))
  let cost = 0
  ends.forEach((line, index) => {
    cost += Math.abs(line.left - line.right)
    for (let before = 0; before < index; before += 1) {
      const other = ends[before]
      if (other?.layer === line.layer && (other.left - line.left) * (other.right - line.right) < 0) cost += crossingCost
    }
  })
  return cost
}

function fromZero(tops: Tops): Tops {
  const first = Math.min(...tops.values())
  return new Map([...tops].map(([id, top]) => [id, Math.round(top - first)]))
}
