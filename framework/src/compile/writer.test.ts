import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Shape, shapeOf } from './shape.ts'
import { compileWriter } from './writer.ts'

const Order = z.object({
  orderId: z.string(),
  state: z.enum(['open', 'paid']).default('open'),
  note: z.string().optional(),
  items: z.array(z.object({ sku: z.string(), price: z.number() })),
})
const order = { orderId: 'o-1', items: [{ sku: 'a', price: 1.5 }] }

test('an answer is written with its defaults and without what the schema does not name, at any depth', () => {
  const writer = compileWriter(Order)
  const answer = { passwordHash: 'x', ...order, items: [{ sku: 'a', price: 1.5, margin: 0.4 }] }
  expect(writer.write(answer)).toEqual({
    ok: true,
    json: '{"orderId":"o-1","state":"open","items":[{"sku":"a","price":1.5}]}',
  })
  expect(writer.compiled).toBe(true)
})

test('an answer that does not fit is not written, and the issues tell where', () => {
  expect(compileWriter(Order).write({ ...order, items: [{ sku: 'a', price: Number.NaN }] })).toEqual({
    ok: false,
    issues: [{ path: '/items/0/price', message: 'Invalid input: expected number, received NaN' }],
  })
})

test('a date is JSON only where the schema says so', () => {
  expect(compileWriter(z.object({ at: z.string() })).write({ at: new Date(0) }).ok).toBe(false)
  expect(compileWriter(z.object({ at: z.date() })).write({ at: new Date(0) })).toEqual({
    ok: true,
    json: '{"at":"1970-01-01T00:00:00.000Z"}',
  })
})

test('nothing is written as the empty string', () => {
  expect(compileWriter(z.void()).write(undefined)).toEqual({ ok: true, json: '' })
  expect(compileWriter(z.object({}).optional()).write(undefined)).toEqual({ ok: true, json: '' })
})

test('fields with odd names are written under them', () => {
  const names = ['"', '\\', '\u2028', '\ud800', '`$\u007bx}`', "'); x('", 'constructor', '2', '1', '']
  const schema = z.object(Object.fromEntries(names.map(name => [name, z.string()])))
  const value = Object.fromEntries(names.map(name => [name, name]))
  expect(compileWriter(schema).write(value)).toEqual({ ok: true, json: JSON.stringify(value) })
})

test('a field __proto__ never leaves', () => {
  const value = JSON.parse('{"orderId":"o-1","items":[],"__proto__":{"a":1}}')
  expect(compileWriter(Order).write(value)).toEqual({ ok: true, json: '{"orderId":"o-1","state":"open","items":[]}' })
})

test('fields that a default of the author has besides those of the schema do not leave', () => {
  const wide = { sku: 'a', secret: 'x' }
  const narrow = { secret: 'x' } as unknown as { sku: string }
  expect(compileWriter(z.object({ sku: z.string() }).default(wide)).write(undefined)).toMatchObject({
    json: '{"sku":"a"}',
  })
  expect(compileWriter(z.object({ sku: z.string() }).default(narrow)).write(undefined)).toMatchObject({ json: '{}' })
})

test.each<[schema: z.ZodType, read: unknown, left: unknown]>([
  [z.string(), 'x', 7],
  [z.number(), 1, Number.NaN],
  [z.boolean(), true, 'x'],
  [z.literal('a'), 'a', 'b'],
  [z.array(z.number()), [1], [Number.NaN]],
  [z.array(z.string()), ['x'], null],
  [z.tuple([z.string(), z.string()]), ['a', 'b'], ['a']],
  [z.object({ a: z.string() }), { a: 'x' }, [1]],
])('a part %#, changed by a refinement of the whole, is written as it was left', (part, read, left) => {
  const schema = z.object({ part }).refine(value => Object.assign(value, { part: left }))
  expect(compileWriter(schema).write({ part: read })).toMatchObject({ json: JSON.stringify({ part: left }) })
})

class Money {
  readonly cents = 150
  toJSON() {
    return '1.50'
  }
}

test('a default with a way of its own to become JSON is written that way', () => {
  const field = z.object({ cents: z.number() }).default(new Money())
  const record = z.record(z.string(), z.number()).default(new Money() as never)
  expect(compileWriter(z.object({ field })).write({})).toMatchObject({ json: '{"field":"1.50"}' })
  expect(compileWriter(z.object({ record })).write({})).toMatchObject({ json: '{"record":"1.50"}' })
})

test('a field toJSON means what it means to JSON.stringify', () => {
  const schema = z.object({ toJSON: z.any(), a: z.int() })
  expect(compileWriter(schema).write({ toJSON: () => 'own', a: 1 })).toMatchObject({ json: '"own"' })
  expect(compileWriter(schema).write({ toJSON: 'text', a: 1 })).toMatchObject({ json: '{"toJSON":"text","a":1}' })
})

test('a schema with a field __proto__ leaves it out, as Zod does', () => {
  const schema = z.object(
    Object.fromEntries([
      ['__proto__', z.object({})],
      ['a', z.int()],
    ]),
  )
  expect(compileWriter(schema).write(JSON.parse('{"__proto__":{},"a":1}'))).toEqual({ ok: true, json: '{"a":1}' })
})

test('an option of a union that takes anything is written whole', () => {
  const schema = z.union([z.object({ a: z.int() }), z.any()])
  expect(compileWriter(schema).write({ a: 1, b: 2 })).toMatchObject({ json: '{"a":1}' })
  expect(compileWriter(schema).write({ b: 2 })).toMatchObject({ json: '{"b":2}' })
})

test('options that no field tells apart are written as the one that was read', () => {
  const schema = z.union([
    z.object({ kind: z.literal('a'), x: z.int() }),
    z.object({ kind: z.literal(['a', 'b']), y: z.int() }),
  ])
  expect(compileWriter(schema).write({ kind: 'a', y: 2 })).toMatchObject({ json: '{"kind":"a","y":2}' })
  expect(compileWriter(schema).write({ kind: 'a', x: 1, y: 2 })).toMatchObject({ json: '{"kind":"a","x":1}' })
})

test('a missing part of a list is null, of an object nothing', () => {
  const part = z.string().optional()
  const schema = z.object({
    list: z.array(part),
    pair: z.tuple([part, part]),
    record: z.record(z.string(), part),
    part,
  })
  const value = { list: [undefined, 'a'], pair: ['a', undefined], record: { a: undefined, b: 'b' }, part: undefined }
  expect(compileWriter(schema).write(value)).toMatchObject({
    json: '{"list":[null,"a"],"pair":["a",null],"record":{"b":"b"}}',
  })
})

test('an object that holds objects of its own kind is written by generated code', () => {
  const Tree = z.object({
    name: z.string(),
    get below() {
      return z.array(Tree)
    },
  })
  const tree = { name: 'a', below: [{ name: 'b', below: [] }] }
  expect(compileWriter(Tree).write(tree)).toEqual({ ok: true, json: JSON.stringify(tree) })
})

/** What lies in a shape: of an object its first field. */
function innerOf(shape: Shape): Shape | undefined {
  if (shape.kind === 'object') return shape.fields[0]?.shape
  return shape.kind === 'maybe' ? shape.of : undefined
}

test('a lazy schema that is another one each time it is asked is written all the same', () => {
  const endless = (): z.ZodType => z.object({ in: z.lazy(endless).optional(), and: z.lazy(endless).optional() })
  expect(compileWriter(endless()).write({ in: { and: {} } })).toEqual({ ok: true, json: '{"in":{"and":{}}}' })
  // Followed for ever it would fill the stack, how deep that is nobody knows.
  let levels = 0
  for (let at: Shape | undefined = shapeOf(endless()); at; at = innerOf(at)) levels++
  expect(levels).toBeLessThan(500)
  const deep = (level: number): object => (level === 0 ? {} : { in: deep(level - 1) })
  expect(compileWriter(endless()).write(deep(150))).toEqual({ ok: true, json: JSON.stringify(deep(150)) })
})

test('what cannot be JSON is an issue, not an error', () => {
  const circle: Record<string, unknown> = {}
  circle.in = circle
  let deep: unknown[] = []
  for (let level = 0; level < 100_000; level++) deep = [deep]
  const writer = compileWriter(z.object({ any: z.any() }))
  expect(writer.write({ any: 1n })).toMatchObject({ issues: [{ message: /^Cannot be written as JSON: .*BigInt/ }] })
  expect(writer.write({ any: circle })).toMatchObject({
    issues: [{ message: /^Cannot be written as JSON: .*circular/ }],
  })
  expect(writer.write({ any: deep })).toEqual({ ok: false, issues: [{ path: '', message: 'Nested too deeply' }] })
})

test('an answer with asynchronous parts is written with writeAsync', async () => {
  const writer = compileWriter(z.object({ name: z.string().transform(async name => name.toUpperCase()) }))
  expect(writer.needsAsync).toBe(true)
  expect(await writer.writeAsync({ name: 'jo' })).toEqual({ ok: true, json: '{"name":"JO"}' })
  expect(await writer.writeAsync({ name: 1 })).toMatchObject({ ok: false, issues: [{ path: '/name' }] })
})
