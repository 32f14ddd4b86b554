/**
 * Serialisers: code that writes a value of a known shape as JSON, generated as text. Each function of the text writes
 * one shape and gives the same string as `JSON.stringify`. A value that is not of the shape after all (a refinement
 * changed it, a default does not fit) is left to `JSON.stringify` itself, with the fields of the shape alone.
 *
 * Nothing of a schema gets into the text but through `quoted`, so that no name or value can become code.
 */

import type { z } from 'zod'
import { type Constant, type Field, type ObjectShape, optionsOf, type Shape, shapeOf } from './shape.ts'
import { jsonText } from './text.ts'
import { only, plainJson } from './written.ts'

/** The JSON of a value; `undefined` where `JSON.stringify` gives that. */
export type Serialise = (value: unknown) => string | undefined

/** The serialiser of what `schema.parse` gives, or nothing where this host forbids `new Function`. */
export function serialiserOf(schema: z.core.$ZodType): Serialise | undefined {
  const shape = shapeOf(schema)
  return shape.kind === 'other' ? undefined : evaluated(sourceOf(shape))
}

/**
 * The code of the serialiser: the body of a function with the parameters `text` (a string as JSON), `plain` (any value
 * as JSON) and `only` (an object's own fields of these names), which gives the serialiser.
 */
export function serialiserSource(schema: z.core.$ZodType): string {
  return sourceOf(shapeOf(schema))
}

function evaluated(source: string): Serialise | undefined {
  try {
    return new Function('text', 'plain', 'only', source)(jsonText, plainJson, only)
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}

interface Text {
  readonly constants: string[]
  readonly functions: string[]
  readonly names: Map<Shape, string>
}

function sourceOf(shape: Shape): string {
  const text: Text = { constants: [], functions: [], names: new Map() }
  const root = written(text, shape, 'v')
  return `'use strict'\n${[...text.constants, ...text.functions].join('\n')}\nreturn v => ${root}`
}

/** The expression that writes the variable: a string, or `undefined` for what JSON cannot say. */
function written(text: Text, shape: Shape, variable: string): string {
  switch (shape.kind) {
    case 'text':
      return `(typeof ${variable} === 'string' ? text(${variable}) : plain(${variable}))`
    case 'number':
      return `(Number.isFinite(${variable}) ? '' + ${variable} : plain(${variable}))`
    case 'boolean':
      return `(${variable} === true ? 'true' : ${variable} === false ? 'false' : plain(${variable}))`
    case 'constants':
      return constantsWritten(shape.values, variable)
    case 'maybe':
      return `(${variable} === undefined ? undefined : ${written(text, shape.of, variable)})`
    case 'other':
      return `plain(${variable})`
    default:
      return `${functionOf(text, shape)}(${variable})`
  }
}

/** Few constants are compared with, which is faster; many are written as what they are. */
function constantsWritten(values: readonly Constant[], variable: string): string {
  if (values.length > MAX_COMPARED) {
    const number = `Number.isFinite(${variable}) ? '' + ${variable} : plain(${variable})`
    return `(typeof ${variable} === 'string' ? text(${variable}) : ${number})`
  }
  return values.reduceRight<string>((rest, value) => constantWritten(value, variable, rest), `plain(${variable})`)
}

const MAX_COMPARED = 8

function constantWritten(value: Constant, variable: string, otherwise: string): string {
  const json = JSON.stringify(value)
  return `(${variable} === ${json} ? ${quoted(json)} : ${otherwise})`
}

type Compound = Extract<Shape, { kind: 'object' | 'list' | 'tuple' | 'record' | 'choice' }>

/** The name of the function for a shape, which is made when it is first asked for. */
function functionOf(text: Text, shape: Compound): string {
  const known = text.names.get(shape)
  if (known) return known
  const name = `${shape.kind}${text.names.size}`
  // Known before its body is, so that a shape can hold itself.
  text.names.set(shape, name)
  text.functions.push(`function ${name}(v) {\n${bodyOf(text, shape).join('\n')}\n}`)
  return name
}

function bodyOf(text: Text, shape: Compound): string[] {
  switch (shape.kind) {
    case 'object':
      return objectBody(text, shape)
    case 'list':
      return listBody(text, shape.of)
    case 'tuple':
      return tupleBody(text, shape.items)
    case 'record':
      return recordBody(text, shape.of)
    case 'choice':
      return choiceBody(text, optionsOf(shape))
  }
}

const IS_OBJECT = `typeof v === 'object' && v !== null`

/** Needed fields first, so that a value that lacks one can still be left to `plain`; then all in their order. */
function objectBody(text: Text, shape: ObjectShape): string[] {
  const names = `names${text.constants.length}`
  text.constants.push(`const ${names} = new Set([${shape.fields.map(field => quoted(field.name)).join(', ')}])`)
  const plainly = `return plain(only(v, ${names}))`
  const needed = shape.fields.flatMap((field, index) =>
    field.optional ? [] : neededField(text, field, index, plainly),
  )
  return [
    `if (!(${IS_OBJECT} && v.toJSON === undefined)) ${plainly}`,
    ...needed,
    `let s = ''`,
    ...fieldsAppended(text, shape.fields),
    `return s === '' ? '{}' : s + '}'`,
  ]
}

/** Reads a needed field and, in the commonest kinds, only makes sure of its type: the text is made when it is appended. */
function neededField(text: Text, field: Field, index: number, plainly: string): string[] {
  const read = `const f${index} = v[${quoted(field.name)}]`
  if (field.shape.kind === 'text') return [read, `if (typeof f${index} !== 'string') ${plainly}`]
  if (field.shape.kind === 'number') return [read, `if (!Number.isFinite(f${index})) ${plainly}`]
  const json = `const j${index} = ${written(text, field.shape, `f${index}`)}`
  return [read, json, `if (j${index} === undefined) ${plainly}`]
}

/** Appends the fields to `s`. Before the first needed field it is not known whether another one was written already. */
function fieldsAppended(text: Text, fields: readonly Field[]): string[] {
  const sure = fields.findIndex(field => !field.optional)
  return fields.map((field, index) => {
    const name = `${JSON.stringify(field.name)}:`
    const start = sure >= 0 && index > sure ? quoted(`,${name}`) : `(s === '' ? '{' : ',') + ${quoted(name)}`
    if (field.optional) return optionalField(text, field, index, start)
    return `s += ${index === 0 ? quoted(`{${name}`) : start} + ${neededJson(field, index)}`
  })
}

function neededJson(field: Field, index: number): string {
  if (field.shape.kind === 'text') return `text(f${index})`
  return field.shape.kind === 'number' ? `f${index}` : `j${index}`
}

function optionalField(text: Text, field: Field, index: number, start: string): string {
  const json = written(text, field.shape, `f${index}`)
  return `const f${index} = v[${quoted(field.name)}]
if (f${index} !== undefined) {
const j${index} = ${json}
if (j${index} !== undefined) s += ${start} + j${index}
}`
}

function listBody(text: Text, of: Shape): string[] {
  return [
    `if (!Array.isArray(v)) return plain(v)`,
    `let s = '['`,
    `for (let i = 0; i < v.length; i++) {`,
    `const e = v[i]`,
    `if (i > 0) s += ','`,
    `s += ${written(text, of, 'e')} ?? 'null'`,
    `}`,
    `return s + ']'`,
  ]
}

function tupleBody(text: Text, items: readonly Shape[]): string[] {
  const parts = items.map((item, index) => `(${written(text, item, `e${index}`)} ?? 'null')`)
  return [
    `if (!Array.isArray(v) || v.length !== ${items.length}) return plain(v)`,
    ...items.map((_, index) => `const e${index} = v[${index}]`),
    `return '[' + ${parts.length > 0 ? parts.join(` + ',' + `) : `''`} + ']'`,
  ]
}

function recordBody(text: Text, of: Shape): string[] {
  return [
    `if (!(${IS_OBJECT} && v.toJSON === undefined)) return plain(v)`,
    `let s = ''`,
    `for (const k of Object.keys(v)) {`,
    `const e = v[k]`,
    `const j = ${written(text, of, 'e')}`,
    `if (j !== undefined) s += (s === '' ? '{' : ',') + text(k) + ':' + j`,
    `}`,
    `return s === '' ? '{}' : s + '}'`,
  ]
}

/** Tells the options apart by the type of the value, objects by a field that is another constant in each. */
function choiceBody(text: Text, options: readonly Shape[]): string[] {
  const otherwise = `return plain(v)`
  if (options.some(option => option.kind === 'other')) return [otherwise]
  return [...primitivesTold(options), ...listTold(text, options), ...objectTold(text, options), otherwise]
}

function primitivesTold(options: readonly Shape[]): string[] {
  const has = (kind: Shape['kind'], type: string) =>
    options.some(
      option =>
        option.kind === kind || (option.kind === 'constants' && option.values.some(value => typeof value === type)),
    )
  return [
    ...(has('text', 'string') ? [`if (typeof v === 'string') return text(v)`] : []),
    ...(has('number', 'number') ? [`if (Number.isFinite(v)) return '' + v`] : []),
    ...(has('boolean', 'boolean') ? [`if (typeof v === 'boolean') return v ? 'true' : 'false'`] : []),
    `if (v === null) return 'null'`,
  ]
}

function listTold(text: Text, options: readonly Shape[]): string[] {
  const [list, another] = options.filter(option => option.kind === 'list' || option.kind === 'tuple')
  return list && !another ? [`if (Array.isArray(v)) return ${functionOf(text, list)}(v)`] : []
}

function objectTold(text: Text, options: readonly Shape[]): string[] {
  const objects = options.filter(option => option.kind === 'object' || option.kind === 'record')
  const [first, another] = objects
  if (!first) return []
  if (!another) return [`if (${IS_OBJECT} && !Array.isArray(v)) return ${functionOf(text, first)}(v)`]
  const closed = objects.filter(option => option.kind === 'object')
  const name = closed.length === objects.length ? tellingField(closed) : undefined
  return name === undefined ? [] : [`if (${IS_OBJECT}) {`, ...objectsTold(text, closed, name), `}`]
}

function objectsTold(text: Text, objects: readonly ObjectShape[], name: string): string[] {
  const cases = objects.map(object => {
    const labels = (constantsOf(object, name) ?? []).map(value => `case ${JSON.stringify(value)}:`)
    return `${labels.join(' ')} return ${functionOf(text, object)}(v)`
  })
  return [`switch (v[${quoted(name)}]) {`, ...cases, `}`]
}

/** A field that each of the objects needs, with constants that no other one has. */
function tellingField(objects: readonly ObjectShape[]): string | undefined {
  const names = objects[0]?.fields.map(field => field.name) ?? []
  return names.find(name => {
    const values = objects.map(object => constantsOf(object, name))
    const all = values.flatMap(list => list ?? [])
    return values.every(list => list !== undefined) && new Set(all).size === all.length
  })
}

function constantsOf(object: ObjectShape, name: string): readonly Constant[] | undefined {
  const shape = object.fields.find(field => field.name === name)?.shape
  return shape?.kind === 'constants' ? shape.values : undefined
}

/** The string as a literal of the generated code. */
function quoted(value: string): string {
  return JSON.stringify(value)
}
