/**
 * Shapes: what a writer knows of the values that come out of a schema. A shape says how to write a value fast, never
 * whether it fits: that was Zod's to say. Where nothing useful is known the shape is `other`, and `JSON.stringify`
 * writes the value.
 */
import type { z } from 'zod'
import { innerOf, MAX_NODES, type Node, nodeOf } from './nodes.ts'

export type Shape =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'other' }
  /** One of these values: a literal, an enum, null. */
  | { readonly kind: 'constants'; readonly values: readonly Constant[] }
  | { readonly kind: 'maybe'; readonly of: Shape }
  | ObjectShape
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'tuple'; readonly items: readonly Shape[] }
  | { readonly kind: 'record'; readonly of: Shape }
  | { readonly kind: 'choice'; readonly options: readonly Shape[] }

/** The fields in the order in which Zod writes them; none besides them is written. */
export interface ObjectShape {
  readonly kind: 'object'
  readonly fields: readonly Field[]
}

export interface Field {
  readonly name: string
  readonly shape: Shape
  /** Whether the field may be missing. */
  readonly optional: boolean
}

export type Constant = string | number | boolean | null

const OTHER: Shape = { kind: 'other' }

/** The shape of what `schema.parse` gives. An object that holds itself gives a shape that holds itself. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  return shapeIn(nodeOf(schema), { shapes: new Map(), depth: 0 })
}

interface Known {
  readonly shapes: Map<Node, Shape>
  /** How many nodes the one that is looked at lies in. */
  depth: number
}

/** A lazy schema that is another one each time it is asked would be followed until the stack is full. */
const MAX_DEPTH = 200

function shapeIn(node: Node, known: Known): Shape {
  const before = known.shapes.get(node)
  if (before) return before
  if (known.shapes.size >= MAX_NODES || known.depth >= MAX_DEPTH) return OTHER
  // Stands for the node while its parts are looked at: a list that holds itself is `other` inside.
  known.shapes.set(node, OTHER)
  known.depth++
  const shape = node._zod.def.type === 'object' ? objectShape(node, known) : otherShape(node, known)
  known.depth--
  known.shapes.set(node, shape)
  return shape
}

function otherShape(node: Node, known: Known): Shape {
  const of = (schema: z.core.$ZodType) => shapeIn(nodeOf(schema), known)
  const def = node._zod.def
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return { kind: 'text' }
    case 'number':
      return { kind: 'number' }
    case 'boolean':
    case 'success':
      return { kind: 'boolean' }
    case 'null':
      return { kind: 'constants', values: [null] }
    case 'literal':
      return constants(def.values)
    case 'enum':
      return constants([...(node._zod.values ?? [])])
    case 'array':
      return { kind: 'list', of: of(def.element) }
    case 'tuple':
      return def.rest ? OTHER : { kind: 'tuple', items: def.items.map(of) }
    case 'record':
      return { kind: 'record', of: of(def.valueType) }
    case 'union':
      return { kind: 'choice', options: def.options.map(of) }
    case 'nullable':
      return orNull(of(def.innerType))
    case 'optional':
      return { kind: 'maybe', of: of(def.innerType) }
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
      return of(def.innerType)
    case 'pipe':
      return of(def.out)
    case 'lazy':
      return of(innerOf(node))
    default:
      return OTHER
  }
}

function orNull(shape: Shape): Shape {
  if (shape.kind === 'constants') return { kind: 'constants', values: [...shape.values, null] }
  return { kind: 'choice', options: [{ kind: 'constants', values: [null] }, shape] }
}

function constants(values: readonly unknown[]): Shape {
  const written = values.filter(isConstant)
  return written.length > 0 ? { kind: 'constants', values: written } : OTHER
}

function isConstant(value: unknown): value is Constant {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/** Of an object that keeps fields it does not name, only Zod knows what is in it. */
function objectShape(node: Node, known: Known): Shape {
  const { shape, catchall } = (node as z.core.$ZodObject)._zod.def
  const closed = catchall === undefined || nodeOf(catchall)._zod.def.type === 'never'
  if (!closed) return OTHER
  const fields: Field[] = []
  const result: ObjectShape = { kind: 'object', fields }
  // Known before its fields are, so that a field can be of the same shape.
  known.shapes.set(node, result)
  for (const [name, schema] of Object.entries(shape)) {
    // Zod leaves this field out of what it gives.
    if (name === '__proto__') continue
    const field = shapeIn(nodeOf(schema), known)
    fields.push({ name, shape: field, optional: mayBeMissing(field) })
  }
  return result
}

/** Whether a value of this shape may be `undefined`, which JSON cannot say. */
export function mayBeMissing(shape: Shape): boolean {
  if (shape.kind === 'choice') return shape.options.some(mayBeMissing)
  return shape.kind === 'maybe' || shape.kind === 'other'
}

/** The options of a choice, with the choices in it opened up and `undefined` left out. */
export function optionsOf(shape: Shape): readonly Shape[] {
  if (shape.kind === 'maybe') return optionsOf(shape.of)
  return shape.kind === 'choice' ? shape.options.flatMap(optionsOf) : [shape]
}
