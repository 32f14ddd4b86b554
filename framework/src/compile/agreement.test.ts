/**
 * Readers and writers beside Zod itself: generated schemas, and for each of them values that fit, nearly fit, or are
 * hostile. Whatever Zod says of them, we say.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { anyCharacter } from '../contract/suite/any-character.ts'
import { refusal } from './issues.ts'
import { compileReader } from './reader.ts'
import { refuseUnknown } from './strict.ts'
import { compileWriter } from './writer.ts'

/** A schema with values that fit it. */
interface Sample {
  readonly schema: z.ZodType
  readonly fits: fc.Arbitrary<unknown>
}

const RUNS = { numRuns: 500, seed: 20_261_121 }

const textWithOddities = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.constantFrom('', ' x ', '\ud800', 'a\udc00b', '😀😀', '\u2028\u2029', '"\\/\b\f\n\r\t\u0000\u007f', '__proto__'),
)
const numberWithOddities = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(-0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER + 2, 5e-324, 0.1 + 0.2),
)
const isoInstant = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map(date => date.toISOString())

class Point {
  readonly x = 1
  toJSON() {
    return { point: this.x }
  }
}

function leaf(schema: z.ZodType, fits: fc.Arbitrary<unknown>): Sample {
  return { schema, fits }
}

const strings = [
  leaf(z.string(), textWithOddities),
  leaf(z.string().min(2).max(5), fc.constantFrom('ab', '😀😀', 'abcde', '😀😀😀😀😀', '\ud800\ud800')),
  leaf(z.string().length(3), fc.constantFrom('abc', '😀bc', '"\\\n')),
  leaf(z.string().regex(/^[a-z]+$/g), fc.stringMatching(/^[a-z]+$/)),
  leaf(z.string().startsWith('a"').endsWith('\\').includes('\n'), fc.constant('a"\n\\')),
  leaf(z.string().trim().toLowerCase(), textWithOddities),
  leaf(z.email(), fc.constantFrom('jo@example.org', 'a.b+c@d.example')),
  leaf(z.uuid(), fc.uuid()),
  leaf(z.url(), fc.webUrl()),
  leaf(z.iso.datetime(), isoInstant),
  leaf(
    z.iso.date(),
    isoInstant.map(text => text.slice(0, 10)),
  ),
  leaf(z.ipv4(), fc.ipV4()),
  leaf(z.ipv6(), fc.ipV6()),
  leaf(z.base64(), fc.base64String()),
  leaf(
    z.templateLiteral(['id-', z.int()]),
    fc.integer().map(id => `id-${id}`),
  ),
]

const numbers = [
  leaf(z.number(), numberWithOddities),
  leaf(z.int().min(-3).max(9), fc.integer({ min: -3, max: 9 })),
  leaf(z.number().gt(0).lt(1), fc.double({ min: 0.01, max: 0.99 })),
  leaf(
    z.number().multipleOf(0.1),
    fc.integer({ min: 0, max: 50 }).map(tenths => tenths / 10),
  ),
  leaf(z.int32(), fc.integer()),
  leaf(z.nan(), fc.constant(Number.NaN)),
  leaf(z.coerce.number(), fc.constantFrom('12', '', true, 3, null)),
]

const others = [
  leaf(z.boolean(), fc.boolean()),
  leaf(z.null(), fc.constant(null)),
  leaf(z.undefined(), fc.constant(undefined)),
  leaf(z.void(), fc.constant(undefined)),
  leaf(z.never(), fc.constant(0)),
  leaf(z.any(), fc.anything()),
  leaf(z.unknown(), fc.jsonValue()),
  leaf(z.literal('x"y'), fc.constant('x"y')),
  leaf(z.literal(['a', 7, true, null]), fc.constantFrom('a', 7, true, null)),
  leaf(z.literal([-1, 2]), fc.constantFrom(-1, 2)),
  leaf(z.enum(['red', 'gr"een', '__proto__']), fc.constantFrom('red', 'gr"een', '__proto__')),
  leaf(z.enum({ low: 0, high: 1, other: 'x' }), fc.constantFrom(0, 1, 'x')),
  leaf(z.date(), fc.date()),
  leaf(z.bigint(), fc.bigInt()),
  leaf(z.symbol(), fc.constant(Symbol('s'))),
  leaf(z.stringbool(), fc.constantFrom('yes', 'false')),
  leaf(
    z.instanceof(Point),
    fc.constant(null).map(() => new Point()),
  ),
  leaf(
    z.custom<string>(value => typeof value === 'string'),
    textWithOddities,
  ),
  leaf(
    z.string().transform(text => text.length),
    textWithOddities,
  ),
  leaf(
    z.string().refine(text => text !== 'no', { message: 'never "no"' }),
    textWithOddities,
  ),
  leaf(z.json(), fc.jsonValue({ maxDepth: 2 })),
  leaf(z.map(z.string(), z.int()), fc.constant(new Map([['a', 1]]))),
  leaf(z.set(z.string()), fc.constant(new Set(['a']))),
]

const anyLeaf = fc.oneof(fc.constantFrom(...strings), fc.constantFrom(...numbers), fc.constantFrom(...others))

const fieldName = fc.constantFrom(
  'a',
  'b',
  'name',
  '1',
  '10',
  'constructor',
  'toString',
  'q"uo\\te',
  'a/b~c',
  '\u2028',
  'toJSON',
)

function tree(depth: number): fc.Arbitrary<Sample> {
  if (depth === 0) return anyLeaf
  const inner = tree(depth - 1)
  return fc.oneof(
    { arbitrary: anyLeaf, weight: 2 },
    { arbitrary: objects(inner), weight: 5 },
    { arbitrary: lists(inner), weight: 2 },
    { arbitrary: wrapped(inner), weight: 3 },
    { arbitrary: choices(inner), weight: 2 },
    { arbitrary: checked(inner), weight: 1 },
  )
}

function fitsOf(fields: Readonly<Record<string, Sample>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, sample]) => [name, sample.fits])))
}

function objects(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const closing = fc.constantFrom('plain', 'plain', 'plain', 'strict', 'loose', 'catchall')
  return fc
    .tuple(fc.dictionary(fieldName, inner, { maxKeys: 5, noNullPrototype: true }), closing)
    .map(([fields, kind]) => {
      const shape = Object.fromEntries(Object.entries(fields).map(([name, sample]) => [name, sample.schema]))
      const schema = { plain: z.object, strict: z.strictObject, loose: z.looseObject, catchall }[kind](shape)
      return { schema, fits: fitsOf(fields) }
    })
}

function catchall(shape: z.core.$ZodLooseShape) {
  return z.object(shape).catchall(z.number())
}

function lists(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.oneof(
    inner.map(({ schema, fits }) => leaf(z.array(schema), fc.array(fits, { maxLength: 4 }))),
    inner.map(({ schema, fits }) =>
      leaf(z.array(schema).min(1).max(3), fc.array(fits, { minLength: 1, maxLength: 3 })),
    ),
    fc.tuple(inner, inner).map(([a, b]) => leaf(z.tuple([a.schema, b.schema]), fc.tuple(a.fits, b.fits))),
    fc.tuple(inner, inner).map(([a, b]) => leaf(z.tuple([a.schema], b.schema), fc.tuple(a.fits, b.fits, b.fits))),
    fc.tuple(inner, inner).map(([a, b]) => leaf(z.tuple([a.schema, b.schema.optional()]), fc.tuple(a.fits))),
    inner.map(({ schema, fits }) => leaf(z.record(z.string(), schema), fc.dictionary(textWithOddities, fits))),
    inner.map(({ schema, fits }) => leaf(z.record(z.string().min(2), schema), fc.record({ ab: fits, abc: fits }))),
    inner.map(({ schema, fits }) => leaf(z.record(z.enum(['x', '1']), schema), fc.record({ x: fits, 1: fits }))),
    inner.map(({ schema, fits }) => leaf(z.partialRecord(z.enum(['x', 'y']), schema), fc.record({ y: fits }))),
  )
}

function wrapped(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const wraps: ((sample: Sample, fallback: unknown) => Sample)[] = [
    ({ schema, fits }) => leaf(schema.optional(), fc.option(fits, { nil: undefined })),
    ({ schema, fits }) => leaf(schema.exactOptional(), fits),
    ({ schema, fits }) => leaf(schema.nullable(), fc.option(fits)),
    ({ schema, fits }) => leaf(schema.nullish(), fc.oneof(fits, fc.constantFrom(null, undefined))),
    ({ schema, fits }, fallback) => leaf(schema.default(fallback), fc.option(fits, { nil: undefined })),
    ({ schema, fits }, fallback) => leaf(schema.prefault(fallback), fc.option(fits, { nil: undefined })),
    ({ schema, fits }, fallback) => leaf(schema.catch(fallback), fc.oneof(fits, fc.anything())),
    ({ schema, fits }) =>
      leaf(
        schema.catch((context: z.core.$ZodCatchCtx) => context.error.issues.length),
        fc.oneof(fits, fc.anything()),
      ),
    ({ schema, fits }) => leaf(schema.readonly(), fits),
    ({ schema, fits }) => leaf(schema.optional().nonoptional(), fits),
    ({ schema, fits }) =>
      leaf(
        z.lazy(() => schema),
        fits,
      ),
    ({ schema, fits }) => leaf(schema.pipe(z.any()), fits),
    ({ schema, fits }) =>
      leaf(
        z.preprocess(value => value, schema),
        fits,
      ),
    ({ schema, fits }) =>
      leaf(
        schema.transform(value => ({ value })),
        fits,
      ),
  ]
  return inner.chain(sample =>
    fc.tuple(fc.constantFrom(...wraps), sample.fits).map(([wrap, fallback]) => wrap(sample, fallback)),
  )
}

function choices(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.oneof(
    fc.tuple(inner, inner).map(([a, b]) => leaf(z.union([a.schema, b.schema]), fc.oneof(a.fits, b.fits))),
    fc.tuple(inner, inner).map(([a, b]) => leaf(z.xor([a.schema, b.schema]), fc.oneof(a.fits, b.fits))),
    fc.tuple(inner, inner).map(([a, b]) => told(a, b)),
    fc.tuple(inner, inner).map(([a, b]) => {
      const both = z.object({ a: a.schema }).and(z.object({ b: b.schema }))
      return leaf(both, fc.record({ a: a.fits, b: b.fits }))
    }),
  )
}

function told(a: Sample, b: Sample): Sample {
  const schema = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal(['a', 'A']), of: a.schema }),
    z.object({ kind: z.enum(['b']), of: b.schema.optional() }),
  ])
  const kindA = fc.constantFrom('a', 'A')
  return leaf(
    schema,
    fc.oneof(
      fc.record({ kind: kindA, of: a.fits }),
      fc.record({ kind: fc.constant('b'), of: b.fits }, { requiredKeys: ['kind'] }),
    ),
  )
}

function checked(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return inner.chain(({ schema, fits }) =>
    fc.constantFrom(
      leaf(
        schema.refine(value => value !== 'no'),
        fits,
      ),
      leaf(
        schema.superRefine((value, context) => {
          if (value === 0) context.addIssue({ code: 'custom', message: 'no zero', path: ['deep', 0] })
        }),
        fits,
      ),
      leaf(
        schema.overwrite(value => (typeof value === 'string' ? `${value}!` : value)),
        fits,
      ),
    ),
  )
}

const hostile = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
  }),
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, -0, Symbol('s'), 10n, () => 1, /x/),
  fc
    .constantFrom('{"__proto__":{"a":1}}', '{"a":{"__proto__":1},"name":"x"}', '[1,{"constructor":null}]')
    .map(text => JSON.parse(text)),
  fc.constant(null).map(() => new Point()),
  fc.constant(null).map(() => Object.create({ a: 1, name: 'inherited' })),
  fc.constant(null).map(() => ({
    get a() {
      return 'from a getter'
    },
    name: new String('boxed'),
  })),
  fc.constant(null).map(() => Array(3)),
)

/** The value with one part of it changed for something else, missing, or added to. */
function damaged(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) {
    return fc.tuple(fc.nat({ max: value.length }), hostile).map(([index, part]) => value.toSpliced(index, 1, part))
  }
  if (typeof value !== 'object' || value === null) return hostile
  const names = Object.keys(value)
  const name = names.length > 0 ? fc.oneof(fc.constantFrom(...names), fieldName) : fieldName
  return name.chain(chosen => {
    const old: unknown = Reflect.get(value, chosen)
    const parts = fc.oneof(hostile, fc.constant(undefined), ...(Object.hasOwn(value, chosen) ? [damaged(old)] : []))
    const { [chosen]: _, ...rest } = value as Record<string, unknown>
    return fc.oneof(
      fc.constant(rest),
      parts.map(part => ({ ...value, [chosen]: part })),
    )
  })
}

const cases = tree(3).chain(({ schema, fits }) =>
  fc.record({ schema: fc.constant(schema), value: fc.oneof(fits, fits.chain(damaged), hostile) }),
)

type Outcome = { readonly gave: unknown } | { readonly threw: string }

function outcome(run: () => unknown): Outcome {
  try {
    return { gave: run() }
  } catch (error) {
    return { threw: error instanceof Error ? error.message : String(error) }
  }
}

function zodReads(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  return result.success ? { ok: true, value: result.data } : refusal(result.error)
}

/** The names of all fields, in order, however deep. */
function namesIn(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value !== 'object' || value === null || seen.has(value)) return null
  seen.add(value)
  return Object.keys(value).map(name => [name, namesIn(Reflect.get(value, name), seen)])
}

/** How many objects of the input the output holds. */
function shared(input: unknown, output: unknown): number {
  const inside = objectsIn(input)
  return [...objectsIn(output)].filter(object => inside.has(object)).length
}

function objectsIn(value: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  for (const part of Object.values(value)) objectsIn(part, found)
  return found
}

test('a reader gives what Zod gives: the same value, in the same order, sharing the same parts; or the same issues', () => {
  fc.assert(
    fc.property(cases, ({ schema, value }) => {
      const theirs = outcome(() => zodReads(schema, value))
      const ours = outcome(() => compileReader(schema).read(value))
      if (!isDeepStrictEqual(ours, theirs)) expect(ours).toStrictEqual(theirs)
      expect(namesIn(ours)).toEqual(namesIn(theirs))
      expect(shared(value, ours)).toBe(shared(value, theirs))
    }),
    RUNS,
  )
})

test('with unknown fields refused, generated code and Zod’s interpreter agree as well', () => {
  fc.assert(
    fc.property(cases, ({ schema, value }) => {
      const theirs = outcome(() => zodReads(refuseUnknown(schema), value))
      const ours = outcome(() => compileReader(schema, { unknown: 'refuse' }).read(value))
      if (!isDeepStrictEqual(ours, theirs)) expect(ours).toStrictEqual(theirs)
    }),
    RUNS,
  )
})

/** What a writer has to give: Zod's answer as JSON, or issues where Zod or JSON refuses. */
function zodWrites(schema: z.ZodType, value: unknown): Outcome {
  const read = outcome(() => schema.safeParse(value))
  if ('threw' in read) return read
  const { success, data } = read.gave as z.ZodSafeParseResult<unknown>
  const json = outcome(() => JSON.stringify(data) ?? '')
  return { gave: success && 'gave' in json ? { ok: true, json: json.gave } : { ok: false } }
}

function withoutIssues(written: Outcome): Outcome {
  if ('threw' in written) return written
  const { ok, json } = written.gave as { readonly ok: boolean; readonly json?: string }
  return { gave: ok ? { ok, json } : { ok } }
}

test('a writer gives the JSON of what Zod gives, or refuses what Zod or JSON refuses', () => {
  fc.assert(
    fc.property(cases, ({ schema, value }) => {
      const ours = outcome(() => compileWriter(schema).write(value))
      expect(withoutIssues(ours)).toEqual(zodWrites(schema, value))
    }),
    RUNS,
  )
})
