/**
 * The tree of a Zod schema: which parts a schema of each kind holds, how to look through all of them, and how to build
 * the same tree with some nodes replaced. This is the only place that names the fields of Zod's definitions by kind.
 */
import { z } from 'zod'

/** Any schema, as Zod's core types it: narrowing on `_zod.def.type` gives the definition of that kind. */
export type Node = z.core.$ZodTypes

/** The fields in which a definition keeps schemas that see a part of the value. Keys of records and maps are no part. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  object: ['shape', 'catchall'],
  array: ['element'],
  tuple: ['items', 'rest'],
  record: ['valueType'],
  map: ['valueType'],
  set: ['valueType'],
  union: ['options'],
  intersection: ['left', 'right'],
  optional: ['innerType'],
  nullable: ['innerType'],
  default: ['innerType'],
  prefault: ['innerType'],
  catch: ['innerType'],
  readonly: ['innerType'],
  nonoptional: ['innerType'],
  success: ['innerType'],
  promise: ['innerType'],
  pipe: ['in', 'out'],
}

/** A core schema as the union that can be narrowed: every schema Zod makes is one of them. */
export function nodeOf(schema: z.core.$ZodType): Node {
  return schema as Node
}

/** Whether a node of the tree, the root included, answers the question with yes. Looks through `z.lazy`, in not more than 2,000 nodes. */
export function someNode(root: z.core.$ZodType, asks: (node: Node) => boolean): boolean {
  const seen = new Set<z.core.$ZodType>()
  const open = [nodeOf(root)]
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (asks(node)) return true
    if (seen.size < MAX_NODES) open.push(...partsOf(node))
  }
  return false
}

/** A lazy schema may make a new schema each time it is asked, without end: no more nodes than this are opened. */
export const MAX_NODES = 2_000

function partsOf(node: Node): Node[] {
  const def = node._zod.def
  if (def.type === 'lazy') return [nodeOf(innerOf(node))]
  const names = PARTS[def.type] ?? []
  return names.flatMap(name => schemasIn(fieldOf(node, name))).map(nodeOf)
}

/** The schema a `z.lazy` stands for. */
export function innerOf(node: Node): z.core.$ZodType {
  return (node as z.core.$ZodLazy)._zod.innerType
}

function fieldOf(node: Node, name: string): unknown {
  // PARTS names fields that the definition of this kind has; the union of all definitions cannot be indexed by name.
  return (node._zod.def as unknown as Record<string, unknown>)[name]
}

function schemasIn(field: unknown): z.core.$ZodType[] {
  if (isSchema(field)) return [field]
  return typeof field === 'object' && field !== null ? Object.values(field).filter(isSchema) : []
}

function isSchema(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value
}

/**
 * The same tree with nodes replaced, from the leaves up. A node whose parts stay the same stays itself.
 * @param replace gets each node, its parts replaced already
 * @param skips tells the parts that are to stay as they are
 */
export function replaceNodes(
  root: z.core.$ZodType,
  replace: (node: Node) => z.core.$ZodType,
  skips: (node: Node, part: string) => boolean,
): z.core.$ZodType {
  const done = new Map<z.core.$ZodType, z.core.$ZodType | undefined>()

  function rebuilt(schema: z.core.$ZodType): z.core.$ZodType {
    if (done.has(schema)) return done.get(schema) ?? later(schema)
    done.set(schema, undefined)
    const result = replace(nodeOf(withParts(nodeOf(schema))))
    done.set(schema, result)
    return result
  }

  // A schema that holds itself is met again while it is being rebuilt: by the time a value is read, it is there.
  function later(schema: z.core.$ZodType): z.core.$ZodType {
    return z.lazy(() => done.get(schema) ?? schema)
  }

  function withParts(node: Node): z.core.$ZodType {
    if (node._zod.def.type === 'lazy') return z.lazy(() => rebuilt(innerOf(node)))
    const changes: Record<string, unknown> = {}
    for (const name of PARTS[node._zod.def.type] ?? []) {
      const old = fieldOf(node, name)
      const now = old === undefined || skips(node, name) ? old : mapped(old)
      if (now !== old) changes[name] = now
    }
    return Object.keys(changes).length === 0 ? node : withDefinition(node, changes)
  }

  function mapped(field: unknown): unknown {
    if (isSchema(field)) return rebuilt(field)
    if (typeof field !== 'object' || field === null) return field
    return Array.isArray(field) ? mappedList(field) : mappedShape(field)
  }

  function mappedList(list: readonly z.core.$ZodType[]): unknown {
    const now = list.map(rebuilt)
    return now.every((schema, index) => schema === list[index]) ? list : now
  }

  function mappedShape(shape: object): unknown {
    const old = Reflect.ownKeys(shape).map(key => [key, Reflect.get(shape, key)] as const)
    const now = old.map(([key, schema]) => [key, rebuilt(schema)] as const)
    return now.every(([, schema], index) => schema === old[index]?.[1]) ? shape : Object.fromEntries(now)
  }

  return rebuilt(root)
}

/** A copy of the schema, its checks and messages kept, with some fields of its definition changed. */
export function withDefinition(node: Node, changes: Readonly<Record<string, unknown>>): z.core.$ZodType {
  const schema: z.core.$ZodType = node
  return z.core.clone(schema, { ...schema._zod.def, ...changes })
}
