/**
 * Every kind of schema Zod has, and how fast it is read and written:
 * - `read`: `generated` – by generated code alone; `called` – generated code calls Zod's interpreter for this part;
 *   `whole` – the schema it stands in is interpreted as a whole.
 * - `write`: `generated` – by generated code alone; `plain` – `JSON.stringify` writes this part.
 * The answers are Zod's in every case. When a new version of Zod changes a line of the table, change it here.
 */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Node, someNode } from './nodes.ts'
import { compileReader } from './reader.ts'
import { serialiserSource } from './serialiser.ts'
import { jsonText } from './text.ts'
import { plainJson } from './written.ts'

interface Line {
  readonly schema: z.ZodType
  readonly value: unknown
  readonly read: 'generated' | 'called' | 'whole'
  readonly write: 'generated' | 'plain'
}

function line(schema: z.ZodType, value: unknown, read: Line['read'], write: Line['write']): Line {
  return { schema, value, read, write }
}

const Tree = z.object({
  name: z.string(),
  get below() {
    return z.array(Tree)
  },
})

const Told = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('a'), x: z.string() }),
  z.object({ kind: z.literal('b'), y: z.number() }),
])

const Text = z.string()

const kinds: Readonly<Record<string, Line>> = {
  string: line(z.string(), 'x', 'generated', 'generated'),
  'string with bounds': line(z.string().min(1).max(5), 'x', 'generated', 'generated'),
  'string with a pattern': line(z.string().regex(/^x/), 'x', 'generated', 'generated'),
  'trimmed string': line(z.string().trim(), ' x ', 'generated', 'generated'),
  email: line(z.email(), 'jo@example.org', 'generated', 'generated'),
  uuid: line(z.uuid(), '6f2f7a2c-6c3b-4c4e-9a55-2d0f0e1b7a11', 'generated', 'generated'),
  url: line(z.url(), 'https://example.org/', 'generated', 'generated'),
  'ISO date and time': line(z.iso.datetime(), '2026-11-21T09:00:00Z', 'generated', 'generated'),
  'ISO date': line(z.iso.date(), '2026-11-21', 'generated', 'generated'),
  base64: line(z.base64(), 'aGk=', 'generated', 'generated'),
  'template literal': line(z.templateLiteral(['id-', z.int()]), 'id-7', 'generated', 'generated'),
  number: line(z.number(), 1.5, 'generated', 'generated'),
  int: line(z.int().min(0), 3, 'generated', 'generated'),
  'multiple of': line(z.number().multipleOf(0.5), 1.5, 'generated', 'generated'),
  nan: line(z.nan(), Number.NaN, 'generated', 'plain'),
  bigint: line(z.bigint(), 1n, 'generated', 'plain'),
  boolean: line(z.boolean(), true, 'generated', 'generated'),
  null: line(z.null(), null, 'generated', 'generated'),
  undefined: line(z.undefined(), undefined, 'generated', 'plain'),
  void: line(z.void(), undefined, 'generated', 'plain'),
  'never, absent': line(z.never().optional(), undefined, 'generated', 'generated'),
  function: line(z.function(), () => 1, 'called', 'plain'),
  any: line(z.any(), { a: 1 }, 'generated', 'plain'),
  unknown: line(z.unknown(), { a: 1 }, 'generated', 'plain'),
  symbol: line(z.symbol(), Symbol('s'), 'generated', 'plain'),
  date: line(z.date(), new Date(0), 'generated', 'plain'),
  literal: line(z.literal('a'), 'a', 'generated', 'generated'),
  'many literals': line(z.literal(['a', 1, null]), 1, 'generated', 'generated'),
  enum: line(z.enum(['a', 'b', 'c']), 'a', 'generated', 'generated'),
  object: line(z.object({ a: z.string() }), { a: 'x' }, 'generated', 'generated'),
  'strict object': line(z.strictObject({ a: z.string() }), { a: 'x' }, 'generated', 'generated'),
  'loose object': line(z.looseObject({ a: z.string() }), { a: 'x' }, 'generated', 'plain'),
  'object with a catchall': line(z.object({}).catchall(z.int()), { a: 1 }, 'generated', 'plain'),
  array: line(z.array(z.string()).min(1), ['x'], 'generated', 'generated'),
  tuple: line(z.tuple([z.string(), z.int()]), ['x', 1], 'generated', 'generated'),
  'tuple with a rest': line(z.tuple([z.string()], z.int()), ['x', 1, 2], 'generated', 'plain'),
  record: line(z.record(z.string(), z.int()), { a: 1 }, 'generated', 'generated'),
  'record by enum': line(z.record(z.enum(['a']), z.int()), { a: 1 }, 'generated', 'generated'),
  'partial record': line(z.partialRecord(z.enum(['a']), z.int()), {}, 'generated', 'generated'),
  map: line(z.map(z.string(), z.int()), new Map([['a', 1]]), 'generated', 'plain'),
  set: line(z.set(z.string()), new Set(['a']), 'generated', 'plain'),
  file: line(z.file(), new File([], 'a.txt'), 'generated', 'plain'),
  optional: line(z.string().optional(), 'x', 'generated', 'generated'),
  'exact optional': line(z.string().exactOptional(), 'x', 'generated', 'generated'),
  nullable: line(z.string().nullable(), null, 'generated', 'generated'),
  nonoptional: line(z.string().optional().nonoptional(), 'x', 'generated', 'generated'),
  default: line(z.string().default('x'), undefined, 'generated', 'generated'),
  prefault: line(z.string().prefault('x'), undefined, 'generated', 'generated'),
  readonly: line(z.array(z.string()).readonly(), ['x'], 'generated', 'generated'),
  success: line(z.success(z.string()), 'x', 'generated', 'generated'),
  union: line(z.union([z.string(), z.number()]), 1, 'generated', 'generated'),
  'union of objects': line(z.union([z.object({ a: z.string() }), z.object({})]), {}, 'generated', 'plain'),
  'discriminated union': line(Told, { kind: 'b', y: 1 }, 'generated', 'generated'),
  'exclusive union': line(z.xor([z.string(), z.number()]), 1, 'called', 'generated'),
  intersection: line(z.object({ a: z.int() }).and(z.object({ b: z.int() })), { a: 1, b: 2 }, 'generated', 'plain'),
  'refined string': line(
    z.string().refine(text => text.length > 0),
    'x',
    'generated',
    'generated',
  ),
  'superRefine on an object': line(
    z.object({ a: z.int() }).superRefine(() => {}),
    { a: 1 },
    'generated',
    'generated',
  ),
  overwrite: line(
    z.number().overwrite(value => value + 1),
    1,
    'generated',
    'generated',
  ),
  transform: line(
    z.string().transform(text => text.length),
    'x',
    'generated',
    'plain',
  ),
  pipe: line(z.string().pipe(z.string().min(1)), 'x', 'generated', 'generated'),
  preprocess: line(
    z.preprocess(value => value, z.string()),
    'x',
    'generated',
    'generated',
  ),
  codec: line(z.stringbool(), 'yes', 'generated', 'generated'),
  coercion: line(z.coerce.number(), '1', 'called', 'generated'),
  'catch of a value': line(z.string().catch('x'), 1, 'called', 'generated'),
  'catch of a callback': line(
    z.string().catch(() => 'x'),
    1,
    'whole',
    'generated',
  ),
  custom: line(
    z.custom<string>(value => value === 'x'),
    'x',
    'generated',
    'plain',
  ),
  'instance of': line(z.instanceof(Date), new Date(0), 'generated', 'plain'),
  lazy: line(
    z.lazy(() => Text),
    'x',
    'called',
    'generated',
  ),
  'object that holds itself': line(Tree, { name: 'x', below: [] }, 'whole', 'generated'),
  json: line(z.json(), { a: [1] }, 'whole', 'plain'),
  'asynchronous refinement': line(
    z.string().refine(async () => true),
    'x',
    'whole',
    'generated',
  ),
  promise: line(z.promise(z.string()), Promise.resolve('x'), 'whole', 'plain'),
}

/** Reads the value as part of an object, and tells who did it. */
async function howRead({ schema, value }: Line): Promise<Line['read']> {
  const reader = compileReader(z.object({ part: schema }))
  const calls = reader.compiled ? countedRuns(schema) : () => 0
  const result = await (reader.needsAsync ? reader.readAsync({ part: value }) : reader.read({ part: value }))
  expect(result.ok).toBe(true)
  if (!reader.compiled) return 'whole'
  return calls() > 0 ? 'called' : 'generated'
}

/** How often Zod's interpreter was asked to run the schema or a part of it. */
function countedRuns(schema: z.ZodType): () => number {
  let calls = 0
  someNode(schema, node => {
    const internals = (node as z.core.$ZodType)._zod
    const run = internals.run
    internals.run = (...given) => {
      calls++
      return run(...given)
    }
    return false
  })
  return () => calls
}

/** Writes what the schema makes of the value as part of an object, and tells who did it. */
async function howWritten({ schema, value }: Line): Promise<Line['write']> {
  const whole = z.object({ part: schema, end: z.int() })
  const output = await whole.parseAsync({ part: value, end: 1 })
  let plainly = 0
  const plain = (part: unknown) => {
    plainly++
    return typeof part === 'bigint' ? '0' : plainJson(part)
  }
  const serialise = new Function('text', 'plain', 'only', serialiserSource(whole))(jsonText, plain, () => expect.fail())
  // Where it had to wait for parts, Zod gives the fields in the order in which they came.
  const json = typeof value === 'bigint' ? '{"part":0,"end":1}' : JSON.stringify(output)
  expect(JSON.parse(serialise(output))).toEqual(JSON.parse(json))
  return plainly > 0 || serialiserSource(schema).includes('return v => plain(v)') ? 'plain' : 'generated'
}

describe.each(Object.entries(kinds))('%s', (_name, kind) => {
  test(`is read by ${kind.read} code`, async () => {
    expect(await howRead(kind)).toBe(kind.read)
  })

  test(`is written by ${kind.write} code`, async () => {
    expect(await howWritten(kind)).toBe(kind.write)
  })
})

/** The compiler complains here when Zod gets a new kind. */
const everyKind = {
  any: true,
  array: true,
  bigint: true,
  boolean: true,
  catch: true,
  custom: true,
  date: true,
  default: true,
  enum: true,
  file: true,
  function: true,
  intersection: true,
  lazy: true,
  literal: true,
  map: true,
  nan: true,
  never: true,
  nonoptional: true,
  null: true,
  nullable: true,
  number: true,
  object: true,
  optional: true,
  pipe: true,
  prefault: true,
  promise: true,
  readonly: true,
  record: true,
  set: true,
  string: true,
  success: true,
  symbol: true,
  template_literal: true,
  transform: true,
  tuple: true,
  undefined: true,
  union: true,
  unknown: true,
  void: true,
} satisfies Record<Node['_zod']['def']['type'], true>

test('the table has every kind of schema that Zod has', () => {
  const seen = new Set<string>()
  for (const { schema } of Object.values(kinds)) someNode(schema, node => !seen.add(node._zod.def.type))
  expect([...seen].sort()).toEqual(Object.keys(everyKind).sort())
})
