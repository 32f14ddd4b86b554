import { expect, test } from 'vitest'
import { z } from 'zod'
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

test('a refinement that changes what it looks at is written as it left it', () => {
  const schema = z.object({ n: z.number(), t: z.string(), l: z.array(z.string()) }).refine(value => {
    Object.assign(value, { n: Number.NaN, t: 7, l: null })
    return true
  })
  expect(compileWriter(schema).write({ n: 1, t: 'x', l: [] })).toMatchObject({ json: '{"n":null,"t":7,"l":null}' })
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

test('a lazy schema that is another one each time it is asked is written all the same', () => {
  const endless = (): z.ZodType => z.object({ in: z.lazy(endless).optional(), and: z.lazy(endless).optional() })
  expect(compileWriter(endless()).write({ in: { and: {} } })).toEqual({ ok: true, json: '{"in":{"and":{}}}' })
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
