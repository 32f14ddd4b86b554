import { expect, test } from 'vitest'
import { z } from 'zod'
import { compileReader } from './reader.ts'

const Order = z.object({
  customer: z.string().min(1),
  express: z.boolean().default(false),
  items: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).min(1),
})
const order = { customer: 'c-1', items: [{ sku: 'a', quantity: 2 }] }

test('a value that fits is read: unknown fields left out, defaults filled in, nothing shared with it', () => {
  const reader = compileReader(Order)
  const given = { ...order, admin: true }
  const read = reader.read(given)
  expect(read).toEqual({ ok: true, value: { ...order, express: false } })
  expect(read.ok && read.value.items).not.toBe(given.items)
  expect(reader.compiled).toBe(true)
})

test('a value that does not fit gives all issues of Zod', () => {
  expect(compileReader(Order).read({ customer: '', items: [{ sku: 1, quantity: 0 }] })).toEqual({
    ok: false,
    issues: [
      { path: '/customer', message: 'Too small: expected string to have >=1 characters' },
      { path: '/items/0/sku', message: 'Invalid input: expected string, received number' },
      { path: '/items/0/quantity', message: 'Too small: expected number to be >=1' },
    ],
  })
})

test('defaults are not shared between values', () => {
  const reader = compileReader(z.object({ tags: z.array(z.string()).default([]) }))
  const first = reader.read({})
  if (first.ok) first.value.tags.push('changed')
  expect(reader.read({})).toEqual({ ok: true, value: { tags: [] } })
})

test('no code is generated before the first value', () => {
  let asked = 0
  const schema = z.object({
    get name() {
      asked++
      return z.string()
    },
  })
  const reader = compileReader(schema)
  expect(asked).toBe(0)
  expect(reader.read({ name: 'x' }).ok).toBe(true)
  expect(asked).toBe(1)
})

test('of a large value that does not fit only the first issue is told, so that it costs little', () => {
  const reader = compileReader(z.object({ tags: z.array(z.string()) }))
  const wrong = (count: number) => reader.read({ tags: Array(count).fill(1) })
  expect(wrong(40)).toMatchObject({ ok: false, issues: { length: 40 } })
  expect(wrong(100_000)).toEqual({
    ok: false,
    issues: [{ path: '/tags/0', message: 'Invalid input: expected string, received number' }],
  })
})

test('a schema that holds itself is interpreted, and a value nested too deeply for it is refused', () => {
  const Tree = z.object({
    get below() {
      return z.array(Tree)
    },
  })
  const reader = compileReader(Tree)
  let deep = { below: [] as object[] }
  for (let level = 0; level < 100_000; level++) deep = { below: [deep] }
  expect(reader.compiled).toBe(false)
  expect(reader.read({ below: [{ below: [] }] })).toEqual({ ok: true, value: { below: [{ below: [] }] } })
  expect(reader.read(deep)).toEqual({ ok: false, issues: [{ path: '', message: 'Nested too deeply' }] })
})

test('a refinement is asked once about a value that fits, and twice about one that does not', () => {
  let asked = 0
  const reader = compileReader(z.object({ name: z.string().refine(() => ++asked > 0), age: z.int() }))
  reader.read({ name: 'Jo', age: 3 })
  expect(asked).toBe(1)
  reader.read({ name: 'Jo', age: '3' })
  expect(asked).toBe(3)
})

test('what an author’s refinement throws is thrown', () => {
  const reader = compileReader(
    z.string().refine(() => {
      throw new Error('a bug')
    }),
  )
  expect(() => reader.read('x')).toThrow('a bug')
})

test('a schema with asynchronous parts is read with readAsync only', async () => {
  const schema = z.object({ name: z.string().refine(async name => name !== 'taken', 'Taken') })
  const reader = compileReader(schema)
  expect(reader).toMatchObject({ needsAsync: true, compiled: false })
  expect(() => reader.read({ name: 'free' })).toThrow(TypeError)
  expect(await reader.readAsync({ name: 'free' })).toEqual({ ok: true, value: { name: 'free' } })
  expect(await reader.readAsync({ name: 'taken' })).toEqual({
    ok: false,
    issues: [{ path: '/name', message: 'Taken' }],
  })
})

const refined: z.ZodType = z.object({
  name: z.string().refine(async () => true),
  get below() {
    return z.array(refined)
  },
})

test.each([
  ['a check', z.string().check(async () => {})],
  ['a transform', z.string().transform(async text => text)],
  ['a custom schema', z.custom<string>(async () => true)],
  ['a promise', z.promise(z.string())],
  ['an object that holds itself', refined],
])('that %s is asynchronous is found without a value', (_place, schema) => {
  expect(compileReader(schema).needsAsync).toBe(true)
})

test('that a superRefine is asynchronous is found with the first value', async () => {
  const schema = z.string().superRefine(async (text, { addIssue }) => {
    if (text === 'taken') addIssue('Taken')
  })
  expect(() => compileReader(schema).read('free')).toThrow(TypeError)
  const reader = compileReader(schema)
  expect(await reader.readAsync('free')).toEqual({ ok: true, value: 'free' })
  expect(await reader.readAsync('taken')).toEqual({ ok: false, issues: [{ path: '', message: 'Taken' }] })
  expect(reader).toMatchObject({ needsAsync: true, compiled: false })
})

test('readAsync reads what needs no waiting too, with the same bounds', async () => {
  const reader = compileReader(z.object({ tags: z.array(z.string()) }))
  expect(reader.needsAsync).toBe(false)
  expect(await reader.readAsync({ tags: ['a'] })).toEqual({ ok: true, value: { tags: ['a'] } })
  expect(await reader.readAsync({ tags: Array(40).fill(1) })).toMatchObject({ issues: { length: 40 } })
  expect(await reader.readAsync({ tags: Array(100_000).fill(1) })).toMatchObject({ issues: { length: 1 } })
})

test('a callback of catch is shown all issues, in large values too', () => {
  const schema = z.object({ tags: z.array(z.string()).catch(({ issues }) => [String(issues.length)]) })
  expect(compileReader(schema).read({ tags: Array(5_000).fill(1) })).toEqual({ ok: true, value: { tags: ['5000'] } })
})
