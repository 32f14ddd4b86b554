/**
 * A schema that refuses what another one leaves out: every plain `z.object` of the tree becomes a strict one. What says
 * itself what happens to other fields (`z.looseObject`, `z.strictObject`, `.catchall(…)`) stays as it is.
 */
import { z } from 'zod'
import { type Node, nodeOf, replaceNodes, withDefinition } from './nodes.ts'

/**
 * The schema with unknown fields refused at every depth: in arrays, unions, records, optional parts.
 * In a union the first option that fits *without* leaving anything out wins. What a transform hands on is not looked
 * at: only what came in is.
 */
export function refuseUnknown<S extends z.core.$ZodType>(schema: S): S {
  // A copy of a schema with stricter objects in it has the same input and output types.
  return replaceNodes(schema, strict, isAfterwards) as S
}

function strict(node: Node): z.core.$ZodType {
  const def = node._zod.def
  if (def.type === 'object' && def.catchall === undefined) return withDefinition(node, { catchall: z.never() })
  // Each side of an intersection now refuses the other's fields, and only Zod's interpreter reconciles the two. Behind
  // `z.lazy` this part alone is interpreted; otherwise the generated code would refuse every value first.
  return def.type === 'intersection' ? z.lazy(() => node) : node
}

/** The second half of a pipe reads what the first made, unless the first is the function of a `z.preprocess`. */
function isAfterwards(node: Node, part: string): boolean {
  const def = node._zod.def
  return def.type === 'pipe' && part === 'out' && nodeOf(def.in)._zod.def.type !== 'transform'
}
