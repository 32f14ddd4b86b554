/** Who imports whom, file by file. */
import { parse } from './source.ts'
import type { Tree } from './tree.ts'
import type { Workspace } from './workspace.ts'

export interface Edge {
  readonly to: string
  readonly typeOnly: boolean
}

/** From each file to the files of the tree it imports or opens. */
export type ImportGraph = ReadonlyMap<string, readonly Edge[]>

export function importGraph(tree: Tree, workspace: Workspace): ImportGraph {
  const paths = new Set(tree.map(file => file.path))
  return new Map(
    tree.map(file => {
      const edges = parse(file).imports.flatMap(({ specifier, typeOnly, reference }) => {
        const written = reference && !/^\.{0,2}\//.test(specifier) ? `./${specifier}` : specifier
        const target = workspace.resolve(file.path, written)
        return target.kind === 'file' && paths.has(target.path) ? [{ to: target.path, typeOnly }] : []
      })
      return [file.path, edges]
    }),
  )
}
