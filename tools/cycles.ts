/** Import cycles between files as they run: imports of types alone are erased, and do not count. */
import { type ImportGraph, importGraph } from './graph.ts'
import type { Complaint, Tree } from './tree.ts'
import type { Workspace } from './workspace.ts'

/** One complaint a cycle, naming its files in order: each file that lies on a cycle is in one of them. */
export function checkCycles(tree: Tree, workspace: Workspace): readonly Complaint[] {
  const graph = runtimeGraph(importGraph(tree, workspace))
  const told = new Set<string>()
  const complaints: Complaint[] = []
  for (const path of [...graph.keys()].sort()) {
    if (told.has(path)) continue
    const cycle = shortestCycle(path, graph)
    if (!cycle) continue
    for (const member of cycle) told.add(member)
    complaints.push(`${path}: import cycle: ${[...cycle, path].join(' → ')}`)
  }
  return complaints
}

type Graph = ReadonlyMap<string, readonly string[]>

function runtimeGraph(graph: ImportGraph): Graph {
  return new Map([...graph].map(([path, edges]) => [path, edges.filter(edge => !edge.typeOnly).map(edge => edge.to)]))
}

/** The shortest way from a file back to itself, by search in breadth. */
function shortestCycle(start: string, graph: Graph): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const waiting = [start]
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) return wayTo(path, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, path)
      waiting.push(next)
    }
  }
  return undefined
}

function wayTo(path: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const before = cameFrom.get(path)
  return before === undefined ? [path] : [...wayTo(before, cameFrom), path]
}
