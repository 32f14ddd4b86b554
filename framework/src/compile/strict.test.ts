import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { compileReader } from './reader.ts'

const Item = z.object({ sku: z.string() })

function refusing(schema: z.ZodType) {
  return compileReader(schema, { unknown: 'refuse' })
}

function unknownAt(path: string, field = 'evil') {
  return { ok: false, issues: [{ path, message: `Unrecognized key: "${field}"` }] }
}

const item = { sku: 'a' }
const evil = { sku: 'a', evil: 1 }

/** A schema with a plain object somewhere in it: a value without and with an unknown field there, and where that is. */
const places: Readonly<Record<string, readonly [schema: z.ZodType, good: unknown, bad: unknown, path: string]>> = {
  'the object itself': [Item, item, evil, ''],
  'a field': [z.object({ in: Item }), { in: item }, { in: evil }, '/in'],
  'an array': [z.array(Item), [item], [item, evil], '/1'],
  'a tuple': [z.tuple([z.int(), Item]), [1, item], [1, evil], '/1'],
  'the rest of a tuple': [z.tuple([z.int()], Item), [1, item], [1, item, evil], '/2'],
  'a record': [z.record(z.string(), Item), { a: item }, { a: evil }, '/a'],
  'an optional part': [Item.optional(), item, evil, ''],
  'a nullable part': [Item.nullable(), item, evil, ''],
  'a part with a default': [Item.default({ sku: 'd' }), item, evil, ''],
  'a read-only part': [Item.readonly(), item, evil, ''],
  'an option told by a field': [
    z.discriminatedUnion('kind', [Item.extend({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
    { ...item, kind: 'a' },
    { ...evil, kind: 'a' },
    '',
  ],
  'a union with another type': [z.union([z.string(), Item]), item, evil, ''],
  'the unnamed fields of an object': [z.object({}).catchall(Item), { a: item }, { a: evil }, '/a'],
  'a field of a loose object': [z.looseObject({ in: Item }), { in: item, more: 1 }, { in: evil }, '/in'],
  'what comes into a transform': [Item.transform(({ sku }) => sku), item, evil, ''],
  'what comes out of a preprocess': [z.preprocess(value => value, Item), item, evil, ''],
  'a lazy part': [z.lazy(() => Item), item, evil, ''],
  'a refined object': [Item.refine(({ sku }) => sku !== 'no'), item, evil, ''],
}

describe('with unknown fields refused', () => {
  test.each(Object.entries(places))('one in %s is an issue there', (_place, [schema, good, bad, path]) => {
    const reader = refusing(schema)
    expect(reader.compiled).toBe(true)
    expect(reader.read(good)).toEqual({ ok: true, value: schema.parse(good) })
    expect(reader.read(bad)).toEqual(unknownAt(path))
    expect(compileReader(schema).read(bad).ok).toBe(true)
  })

  test('one deep in a schema that holds itself is an issue there', () => {
    const Tree = z.object({
      name: z.string(),
      get below() {
        return z.array(Tree)
      },
    })
    const tree = { name: 'a', below: [{ name: 'b', below: [] }] }
    expect(refusing(Tree).read(tree)).toEqual({ ok: true, value: tree })
    expect(refusing(Tree).read({ name: 'a', below: [{ name: 'b', below: [], evil: 1 }] })).toEqual(
      unknownAt('/below/0'),
    )
  })

  test('an intersection takes the fields of both sides and no others', () => {
    const both = z.object({ in: Item.and(z.object({ count: z.int() })) })
    const reader = refusing(both)
    expect(reader.compiled).toBe(true)
    expect(reader.read({ in: { sku: 'a', count: 1 } })).toEqual({ ok: true, value: { in: { sku: 'a', count: 1 } } })
    expect(reader.read({ in: { sku: 'a', count: 1, evil: 1 } })).toEqual(unknownAt('/in'))
  })

  test('an intersection leaves what is beside it to generated code, which asks each refinement once', () => {
    let asked = 0
    const both = Item.and(z.object({ count: z.int() }))
    const schema = z.object({ name: z.string().refine(() => ++asked > 0), in: both })
    expect(refusing(schema).read({ name: 'x', in: { sku: 'a', count: 1 } }).ok).toBe(true)
    expect(asked).toBe(1)
  })

  test('a union takes the first option that leaves nothing out', () => {
    const schema = z.union([z.object({ a: z.int() }), z.object({ a: z.int(), b: z.int() })])
    expect(refusing(schema).read({ a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1, b: 2 } })
    expect(refusing(schema).read({ a: 1, b: 2, evil: 3 }).ok).toBe(false)
  })

  test('a loose object keeps them, and a catchall reads them', () => {
    expect(refusing(z.looseObject({ a: z.int() })).read({ a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1, b: 2 } })
    expect(refusing(z.object({}).catchall(z.int())).read({ b: 2 })).toEqual({ ok: true, value: { b: 2 } })
  })

  test('what one schema hands on to the next is not looked at', () => {
    const schema = z.object({ a: z.int(), b: z.int().optional() }).pipe(z.object({ a: z.int() }))
    expect(refusing(schema).read({ a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1 } })
  })

  test('an own field __proto__ is one too', () => {
    const reader = refusing(Item)
    expect(reader.read(JSON.parse('{"sku":"a","__proto__":{"admin":true}}'))).toEqual(unknownAt('', '__proto__'))
  })

  test('messages of the author and checks are kept', () => {
    const schema = z
      .object({ from: z.int('A number, please'), to: z.int() })
      .refine(({ from, to }) => from < to, { message: 'The wrong way round', path: ['to'] })
    expect(refusing(schema).read({ from: 2, to: 1 })).toEqual({
      ok: false,
      issues: [{ path: '/to', message: 'The wrong way round' }],
    })
    expect(refusing(schema).read({ from: '2', to: 1 })).toEqual({
      ok: false,
      issues: [{ path: '/from', message: 'A number, please' }],
    })
  })

  test('the schema that was given still leaves them out', () => {
    refusing(Item).read(evil)
    expect(Item.parse(evil)).toEqual(item)
  })
})

/** Schemas of plain objects only, that take no field of the name below; with values, and values with such a field. */
interface Closed {
  readonly schema: z.ZodType
  readonly fits: fc.Arbitrary<unknown>
  readonly extra: fc.Arbitrary<unknown>
}

function closedObject(inside: Readonly<Record<string, Closed>>): Closed {
  const parts = Object.entries(inside)
  const shape = Object.fromEntries(parts.map(([name, part]) => [name, part.schema]))
  const fits = fc.record(Object.fromEntries(parts.map(([name, part]) => [name, part.fits])))
  const here = fits.map(value => ({ ...value, evil: 'x' }))
  const deeper = parts.map(([name, part]) =>
    fc.tuple(fits, part.extra).map(([value, bad]) => ({ ...value, [name]: bad })),
  )
  return { schema: z.object(shape), fits, extra: fc.oneof(here, ...deeper) }
}

function closedList({ schema, fits, extra }: Closed): Closed {
  const bad = fc.tuple(fc.array(fits, { maxLength: 2 }), extra, fc.array(fits, { maxLength: 2 }))
  return {
    schema: z.array(schema),
    fits: fc.array(fits, { maxLength: 3 }),
    extra: bad.map(([a, b, c]) => [...a, b, ...c]),
  }
}

function closedChoice(a: Closed, b: Closed): Closed {
  return { schema: z.union([a.schema, b.schema]), fits: fc.oneof(a.fits, b.fits), extra: fc.oneof(a.extra, b.extra) }
}

function closed(depth: number): fc.Arbitrary<Closed> {
  const bottom = fc.constant(
    closedObject({ text: { schema: z.string(), fits: fc.string(), extra: fc.constant({ evil: 'x' }) } }),
  )
  if (depth === 0) return bottom
  const inner = closed(depth - 1)
  return fc.oneof(
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), inner, { maxKeys: 3, noNullPrototype: true }).map(closedObject),
    inner.map(closedList),
    fc.tuple(inner, inner).map(([a, b]) => closedChoice(a, b)),
    inner.map(part => ({ ...part, schema: part.schema.optional() })),
  )
}

test('a value without unknown fields is read whole, and one with an unknown field anywhere is refused', () => {
  const cases = closed(3).chain(({ schema, fits, extra }) =>
    fc.record({ schema: fc.constant(schema), good: fits, bad: extra }),
  )
  fc.assert(
    fc.property(cases, ({ schema, good, bad }) => {
      const reader = refusing(schema)
      expect(reader.read(good)).toEqual({ ok: true, value: good })
      expect(reader.read(bad).ok).toBe(false)
    }),
    { numRuns: 500, seed: 7 },
  )
})
