/**
 * Schemas that were made code before, held against Zod: whatever a stand-in gives, Zod would have given; and Zod is loaded
 * only where nothing was prepared.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as zod from 'zod'
import { compileReader, type ReaderOptions } from '../reader.ts'
import { compileWriter } from '../writer.ts'
import { type Asked, later, nameOf, type Ready } from './later.ts'
import { kindNamesText, readerText, writerText } from './prepare.ts'

type Z = typeof zod.z

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')

interface Bench<S> {
  readonly schemas: S
  readonly loads: () => number
  readonly reader: typeof compileReader
  readonly writer: typeof compileWriter
  readonly z: Z
  readonly unprepared: number
}

/** The schemas that `make` makes: with Zod for `theirs`, and as stand-ins with code that was made from text. */
function bench<S extends Record<string, zod.ZodType>>(make: (z: Z) => S, options: ReaderOptions = {}): Bench<S> {
  const asked: Asked[] = []
  const whole = { z: zod, compileReader, compileWriter }
  const learning = later({
    ready: { readers: {}, writers: {} },
    load: () => whole,
    digest,
    asked: each => asked.push(each),
  })
  for (const schema of Object.values(make(learning.z as Z))) {
    learning.compileReader(schema, options)
    learning.compileWriter(schema)
  }
  const readers: Record<string, Ready['readers'][string]> = {}
  const writers: Record<string, Ready['writers'][string]> = {}
  let unprepared = 0
  for (const { key, does, options: given, real } of asked) {
    const text = key === undefined ? undefined : does === 'read' ? readerText(real(), given) : writerText(real())
    if (key === undefined || text === undefined) unprepared++
    else if (does === 'read') readers[key] = new Function(`return ${text}`)()
    else writers[key] = new Function(`return ${text}`)()
  }
  let loads = 0
  const load = () => {
    loads++
    return whole
  }
  const running = later({ ready: { readers, writers }, load, digest })
  const z = running.z as Z
  const { compileReader: reader, compileWriter: writer } = running
  return { schemas: make(z), loads: () => loads, reader: reader as typeof compileReader, writer, z, unprepared }
}

const made = (z: Z) => {
  const Money = z
    .object({ amount: z.int().min(0).max(1_000), currency: z.string().regex(/^[A-Z]{3}$/) })
    .meta({ id: 'Money' })
  const Line = z.object({
    name: z.string().trim().min(1).max(5),
    price: Money,
    tags: z.array(z.string()).max(3).default(['new']),
  })
  const Event = z.discriminatedUnion('type', [
    z.object({ type: z.literal('placed'), ...Line.pick({ name: true }).shape }),
    z.object({ type: z.literal('gone'), at: z.iso.datetime(), returned: z.boolean().default(false) }),
  ])
  const Paging = z.object({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    after: z.string().min(1).optional(),
  })
  return {
    Money,
    Line,
    Event,
    Paging,
    Browsing: Paging.extend({
      sort: z.enum(['name', 'price']).default('name'),
      least: z.coerce.number().min(0).optional(),
    }),
    Lengths: z.object({ a: z.string().min(2).max(3), n: z.number().multipleOf(0.1).nullable(), d: z.iso.date() }),
    Rest: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    Strict: z.strictObject({ a: z.literal(['x', 1, true]), e: z.email().optional() }),
  }
}

const near = fc.record(
  {
    amount: fc.oneof(fc.integer({ min: -1, max: 1_001 }), fc.double(), fc.constant('1')),
    currency: fc.constantFrom('EUR', 'eur', 'USD '),
    name: fc.constantFrom('  a ', '', 'abcdef', ' abcde ', '😀😀😀'),
    price: fc.constantFrom<unknown>({ amount: 1, currency: 'EUR', more: 1 }, { amount: 1 }, null),
    tags: fc.constantFrom<unknown>(['a'], ['a', 'b', 'c', 'd'], 'a', undefined, [1]),
    type: fc.constantFrom('placed', 'gone', 'other'),
    at: fc.constantFrom('2026-11-21T10:00:00Z', '2026-11-21'),
    returned: fc.constantFrom<unknown>(true, undefined, 'yes'),
    limit: fc.constantFrom<unknown>('5', '0', 101, '', undefined, null, 'x', 7.5, [], '1e1'),
    after: fc.constantFrom<unknown>('', 'a', undefined),
    sort: fc.constantFrom<unknown>('name', 'other', undefined),
    least: fc.constantFrom<unknown>('0', '-1', 2, undefined, null, {}),
    a: fc.constantFrom<unknown>('x', 1, true, 'ab', '😀😀', '😀😀😀😀', 'abcd'),
    n: fc.constantFrom<unknown>(0.3, 0.25, null, Number.NaN, Number.POSITIVE_INFINITY),
    d: fc.constantFrom('2026-02-29', '2026-02-28'),
    e: fc.constantFrom<unknown>('jo@example.org', 'jo', undefined),
    more: fc.anything(),
  },
  { requiredKeys: [] },
)
const anything = fc.oneof(near, fc.anything(), fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())))

describe('prepared schemas', () => {
  for (const unknown of ['strip', 'refuse'] as const) {
    it(`give what Zod gives, the same issues too, where unknown fields are to ${unknown}`, () => {
      const ours = bench(made, { unknown })
      const theirs = made(zod.z)
      expect(ours.unprepared).toBe(0)
      for (const name of Object.keys(theirs) as (keyof typeof theirs)[]) {
        const [reads, shouldRead] = [
          ours.reader(ours.schemas[name], { unknown }),
          compileReader(theirs[name], { unknown }),
        ]
        const [writes, shouldWrite] = [ours.writer(ours.schemas[name]), compileWriter(theirs[name])]
        const agrees = (value: unknown) => {
          expect(reads.read(value)).toStrictEqual(shouldRead.read(value))
          expect(writes.write(value)).toEqual(shouldWrite.write(value))
        }
        fc.assert(fc.property(anything, agrees), { numRuns: 300, seed: 20_261_121 })
      }
    })
  }

  it('read and write what fits without Zod, which is loaded for the first value that does not fit', () => {
    const { schemas, reader, writer, loads } = bench(made)
    const line = { name: ' tea ', price: { amount: 5, currency: 'EUR', secret: 1 } }
    const reads = reader(schemas.Line)
    expect(reads.read(line)).toEqual({
      ok: true,
      value: { name: 'tea', price: { amount: 5, currency: 'EUR' }, tags: ['new'] },
    })
    expect(writer(schemas.Line).write(line)).toMatchObject({ ok: true })
    expect(reader(schemas.Browsing).read({ limit: '7' })).toEqual({ ok: true, value: { limit: 7, sort: 'name' } })
    expect(schemas.Money.parse({ amount: 1, currency: 'EUR' })).toEqual({ amount: 1, currency: 'EUR' })
    expect(loads()).toBe(0)
    expect(reads.read({ name: '' })).toMatchObject({ ok: false, issues: [{ path: '/name' }, { path: '/price' }] })
    expect(loads()).toBe(1)
  })

  it('give a default anew each time: who changes one changes no other', () => {
    const { schemas, reader, loads } = bench(made)
    const read = () => reader(schemas.Line).read({ name: 'a', price: { amount: 1, currency: 'EUR' } })
    const first = read()
    if (first.ok) first.value.tags.push('changed')
    expect(read()).toMatchObject({ value: { tags: ['new'] } })
    expect(loads()).toBe(0)
  })

  it('leave to Zod what has a function in it, what holds itself, and what is asked besides reading', () => {
    interface Tree {
      readonly below: readonly Tree[]
    }
    const { schemas, reader, loads, unprepared, z } = bench(z => {
      const Tree: zod.ZodType<Tree> = z.object({ below: z.array(z.lazy(() => Tree)) })
      return { Even: z.int().refine(n => n % 2 === 0, 'odd'), Tree, Long: z.string().transform(text => text.length) }
    })
    // Each is asked for as a reader, and as a writer with its reader.
    expect(unprepared).toBe(9)
    expect(loads()).toBe(0)
    expect(reader(schemas.Even).read(3)).toMatchObject({ ok: false, issues: [{ message: 'odd' }] })
    expect(reader(schemas.Tree).read({ below: [{ below: [] }] })).toMatchObject({ ok: true })
    expect(reader(schemas.Long).read('four')).toEqual({ ok: true, value: 4 })
    expect(z.toJSONSchema(schemas.Even)).toMatchObject({ type: 'integer' })
  })

  it('know their class and their fields without Zod', () => {
    const { schemas, z, loads } = bench(made)
    const classes = [z.ZodObject, z.ZodType, z.ZodArray]
    expect(classes.map(each => schemas.Money instanceof each)).toEqual([true, true, false])
    expect(classes.map(each => ({}) instanceof each)).toEqual([false, false, false])
    expect(Object.keys(schemas.Browsing.shape)).toEqual(['limit', 'after', 'sort', 'least'])
    expect(z.string().optional().unwrap() instanceof z.ZodString).toBe(true)
    expect(loads()).toBe(0)
  })

  it('of other schemas have other code: a pattern, a bound, an order of fields makes another', () => {
    const keys = new Set<string | undefined>()
    const { z, compileReader: asks } = later({
      ready: { readers: {}, writers: {} },
      load: () => ({ z: zod, compileReader, compileWriter }),
      digest,
      asked: ({ key }) => keys.add(key),
    })
    const { string, object, int } = z as Z
    const all = [
      ...[string(), string().min(1), string().min(2), string().regex(/a/), string().regex(/a/i), int()],
      ...[object({ a: string(), b: int() }), object({ b: int(), a: string() }), object({ a: string() }).strict()],
    ]
    for (const schema of all) asks(schema)
    expect(keys.size).toBe(all.length)
    asks(object({ a: string(), b: int() }).meta({ id: 'same' }))
    expect(keys.size).toBe(all.length)
  })

  it('of texts that differ have names that differ, however little it is', () => {
    const near = Array.from(
      { length: 20_000 },
      (_, n) => `strip object({"a":string().min(${n}),"b":int().max(${n % 97})})`,
    )
    const swapped = near.map(text => text.replace('"a"', '"b"').replace('"b":int', '"a":int'))
    const all = [...near, ...swapped, ...near.map(text => text.replace('strip', 'refuse'))]
    expect(new Set(all.map(nameOf)).size).toBe(new Set(all).size)
  })

  it('need to know those names of Zod alone that stand in the code', () => {
    const text = kindNamesText(new Set(['string', 'iso', 'date', 'optional', 'min', 'number']))
    expect(text.split('\n')).toEqual([
      'export const makers = {"string":"ZodString","number":"ZodNumber","date":"ZodDate","optional":"ZodOptional","iso.date":""}',
      'export const methods = {"optional":"ZodOptional"}',
      'export const same = ["min"]',
      '',
    ])
  })
})
