/**
 * Routes: finds what stands at a path. Paths without parameters are looked up in one step; the others in a tree of
 * their segments, where a written segment goes before a parameter. Nothing is decoded here but parameters, so that two
 * readings of one path cannot differ.
 */

export interface Found<Spot> {
  readonly spot: Spot
  /** The parameters' values as they stand in the path, in order. */
  readonly values: readonly string[]
}

export interface Routes<Spot> {
  /** What stands at a path (without query). */
  find(path: string): Found<Spot> | undefined
}

interface Branch<Spot> {
  readonly named: Map<string, Branch<Spot>>
  parameter: Branch<Spot> | undefined
  spot: Spot | undefined
}

/**
 * Makes the routes of spots by their paths.
 * @param spots by path, with `:name` for parameters; the names themselves do not matter here
 * @example routeTable(new Map([['/orders/:orderId', spot]])).find('/orders/42') // { spot, values: ['42'] }
 */
export function routeTable<Spot>(spots: ReadonlyMap<string, Spot>): Routes<Spot> {
  const fixed = new Map<string, Found<Spot>>()
  const root = branch<Spot>()
  for (const [path, spot] of spots) {
    if (path.includes('/:')) grow(root, segmentsOf(path), spot)
    else fixed.set(path, { spot, values: [] })
  }
  return {
    find(path) {
      const found = fixed.get(path)
      if (found) return found
      const values: string[] = []
      const spot = walk(root, path, 1, values)
      return spot === undefined ? undefined : { spot, values }
    },
  }
}

function branch<Spot>(): Branch<Spot> {
  return { named: new Map(), parameter: undefined, spot: undefined }
}

export function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split('/')
}

function grow<Spot>(root: Branch<Spot>, segments: readonly string[], spot: Spot): void {
  let at = root
  for (const segment of segments) at = segment.startsWith(':') ? parameterOf(at) : namedOf(at, segment)
  at.spot = spot
}

function parameterOf<Spot>(at: Branch<Spot>): Branch<Spot> {
  at.parameter ??= branch()
  return at.parameter
}

function namedOf<Spot>(at: Branch<Spot>, segment: string): Branch<Spot> {
  const next = at.named.get(segment) ?? branch<Spot>()
  at.named.set(segment, next)
  return next
}

/** Goes down from the segment that begins at `start`. As deep as the longest route, however long the path is. */
function walk<Spot>(at: Branch<Spot>, path: string, start: number, values: string[]): Spot | undefined {
  const slash = path.indexOf('/', start)
  const last = slash === -1
  const segment = last ? path.slice(start) : path.slice(start, slash)
  const named = at.named.get(segment)
  const found = named && (last ? named.spot : walk(named, path, slash + 1, values))
  if (found !== undefined) return found
  const { parameter } = at
  if (parameter === undefined || segment === '') return undefined
  const before = values.length
  values.push(segment)
  const below = last ? parameter.spot : walk(parameter, path, slash + 1, values)
  if (below === undefined) values.length = before
  return below
}
