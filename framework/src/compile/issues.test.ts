import { expect, test } from 'vitest'
import { z } from 'zod'
import { isLarge, MAX_ISSUES, pointer, refusal } from './issues.ts'

function issuesOf(schema: z.ZodType, value: unknown) {
  const { error } = schema.safeParse(value)
  if (!error) throw new Error('The value fits')
  return refusal(error).issues
}

test('a path becomes a JSON pointer, with ~ and / escaped', () => {
  expect(pointer([])).toBe('')
  expect(pointer(['items', 0, 'a/b', 'c~1', ''])).toBe('/items/0/a~1b/c~01/')
})

test('an issue keeps the message of Zod and tells where it is', () => {
  const schema = z.object({ items: z.array(z.object({ sku: z.string() })), age: z.int().min(1, 'Too young') })
  expect(issuesOf(schema, { items: [{ sku: 'a' }, { sku: 7 }], age: 0 })).toEqual([
    { path: '/items/1/sku', message: 'Invalid input: expected string, received number' },
    { path: '/age', message: 'Too young' },
  ])
})

test('no more than fifty issues are told', () => {
  expect(issuesOf(z.array(z.string()), Array(1_000).fill(1))).toHaveLength(MAX_ISSUES)
})

test('a message that repeats much of the value is cut to 300 characters', () => {
  const unknownFields = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 1]))
  const [issue] = issuesOf(z.strictObject({}), unknownFields)
  expect(issue?.message).toHaveLength(300)
  expect(issue?.message).toMatch(/^Unrecognized keys: "field0", .*…$/)
})

test('a value is large when it has more than 2,000 parts, whether side by side or nested', () => {
  const nested = (depth: number) => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = { in: [value] }
    return value
  }
  expect(isLarge(Array(2_000).fill(1))).toBe(false)
  expect(isLarge(Array(2_001).fill(1))).toBe(true)
  expect(isLarge(nested(1_000))).toBe(false)
  expect(isLarge(nested(1_001))).toBe(true)
  expect(isLarge('x'.repeat(10_000))).toBe(false)
})

test('a value that holds itself is large', () => {
  const value: unknown[] = []
  value.push(value)
  expect(isLarge(value)).toBe(true)
})
