/** Circles in what should have none: services by their clients, views by their sources. */

/**
 * Circles found by walking from each node, deepest first: without the last step of each there would be none. Each node
 * and step is looked at once.
 * @example circlesIn(['a', 'b'], node => (node === 'a' ? ['b'] : ['a'])) // [['a', 'b']]
 */
export function circlesIn<Node>(nodes: Iterable<Node>, next: (node: Node) => Iterable<Node>): readonly Node[][] {
  const circles: Node[][] = []
  const path: Node[] = []
  const state = new Map<Node, 'on path' | 'done'>()
  const visit = (node: Node): void => {
    if (state.get(node) === 'on path') circles.push(path.slice(path.indexOf(node)))
    if (state.has(node)) return
    state.set(node, 'on path')
    path.push(node)
    for (const following of next(node)) visit(following)
    path.pop()
    state.set(node, 'done')
  }
  for (const node of nodes) visit(node)
  return circles
}

/** A circle in words, back to where it begins. */
export function circleText(names: readonly string[]): string {
  return [...names, names[0]].join(' → ')
}
