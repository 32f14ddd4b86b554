/**
 * Claim: reading JSON through a schema costs no more than compiled Ajv, and writing an answer, checked, no more than
 * fast-json-stringify, which checks nothing. Prints a table for each; the first line is the peer, ratios are to it.
 */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fastJsonStringify from 'fast-json-stringify'
import { z } from 'zod'
import { compileReader } from '../../framework/src/compile/reader.ts'
import { compileWriter } from '../../framework/src/compile/writer.ts'
import { type Contestant, measure, table } from './measure.ts'
import { type Case, cases, plainOrder } from './schemas.ts'

/** As many values as one round takes turns with, each an object of its own as `JSON.parse` makes it. */
const VALUES = 1_000

function jsonSchema(schema: z.ZodType, open: boolean): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: open ? 'input' : 'output' })
  return rest
}

interface AjvUse {
  /** Whether other fields than those of the schema are let through. */
  readonly open: boolean
  readonly strips: boolean
  readonly allErrors?: boolean
}

function ajvFor(schema: z.ZodType, { open, strips, allErrors = false }: AjvUse) {
  const ajv = new Ajv({ useDefaults: strips, removeAdditional: strips ? 'all' : false, allErrors })
  // The default export of this CommonJS package is typed as a namespace.
  const formats = addFormats as unknown as (ajv: Ajv) => void
  formats(ajv)
  return ajv.compile(jsonSchema(schema, open))
}

function readers({ schema }: Case, values: readonly unknown[]): Contestant[] {
  const checks = ajvFor(schema, { open: true, strips: false })
  const strips = ajvFor(schema, { open: false, strips: true })
  const refuses = ajvFor(schema, { open: false, strips: false })
  const reader = compileReader(schema)
  const strict = compileReader(schema, { unknown: 'refuse' })
  return [
    { name: 'Ajv, checks only', run: index => checks(values[index]) || undefined },
    { name: 'Ajv, removes unknown fields in place', run: index => strips(values[index]) || undefined },
    { name: 'Ajv, refuses unknown fields', run: index => refuses(values[index]) || undefined },
    { name: 'groundplan, leaves unknown fields out', run: index => reader.read(values[index]).ok || undefined },
    { name: 'groundplan, refuses unknown fields', run: index => strict.read(values[index]).ok || undefined },
    { name: 'Zod, safeParse', run: index => schema.safeParse(values[index]).success || undefined },
  ]
}

function writers({ schema }: Case, values: readonly unknown[]): Contestant[] {
  const stringify = fastJsonStringify(jsonSchema(schema, false))
  const checks = ajvFor(schema, { open: false, strips: false })
  const writer = compileWriter(schema)
  const write = (value: unknown) => {
    const written = writer.write(value)
    return written.ok ? written.json : undefined
  }
  return [
    { name: 'fast-json-stringify, unchecked', run: index => stringify(values[index]) },
    {
      name: 'Ajv and fast-json-stringify',
      run: index => (checks(values[index]) ? stringify(values[index]) : undefined),
    },
    { name: 'groundplan, checked', run: index => write(values[index]) },
    { name: 'JSON.stringify, unchecked', run: index => JSON.stringify(values[index]) },
    { name: 'Zod and JSON.stringify', run: index => JSON.stringify(schema.parse(values[index])) },
  ]
}

/** What a value costs that does not fit: its third item has no price. */
function refusals({ schema, text }: Case): Contestant[] {
  const wrong: unknown = JSON.parse(text.replace('"price":49.95', '"price":"free"'))
  const first = ajvFor(schema, { open: true, strips: false })
  const all = ajvFor(schema, { open: true, strips: false, allErrors: true })
  const reader = compileReader(schema)
  const explained = () => {
    const read = reader.read(wrong)
    return read.ok ? undefined : read.issues
  }
  return [
    { name: 'Ajv, first error', run: () => (first(wrong) ? undefined : first.errors) },
    { name: 'Ajv, all errors', run: () => (all(wrong) ? undefined : all.errors) },
    { name: 'groundplan, all issues', run: explained },
    { name: 'Zod, safeParse', run: () => schema.safeParse(wrong).error?.issues },
  ]
}

/** What a schema costs before its first value was read and written, the making of the schema itself included. */
function starts({ text }: Case): Contestant[] {
  const value: unknown = JSON.parse(text)
  return [
    {
      name: 'Ajv and fast-json-stringify',
      run: () => {
        const schema = plainOrder()
        return (
          ajvFor(schema, { open: true, strips: false })(value) && fastJsonStringify(jsonSchema(schema, false))(value)
        )
      },
    },
    {
      name: 'groundplan',
      run: () => {
        const schema = plainOrder()
        return compileReader(schema).read(value).ok && compileWriter(schema).write(value)
      },
    },
    { name: 'Zod and JSON.stringify', run: () => JSON.stringify(plainOrder().parse(value)) },
  ]
}

/** All of them have to give the same: otherwise the ratios would compare different work. */
function agreed(contestants: readonly Contestant[]): readonly Contestant[] {
  const results = contestants.map(contestant => contestant.run(0))
  const same = (result: unknown) => typeof result !== 'string' || sorted(result) === sorted(String(results[0]))
  if (results.includes(undefined) || !results.every(same)) throw new Error(`They do not agree: ${results.join('\n')}`)
  return contestants
}

/** fast-json-stringify writes needed fields first. */
function sorted(json: string): string {
  return [...json].sort().join('')
}

for (const one of cases) {
  const values = Array.from({ length: VALUES }, () => JSON.parse(one.text) as unknown)
  console.log(table(`Reading ${one.name}, ${one.text.length} bytes`, measure(agreed(readers(one, values)))))
  console.log(table(`Writing ${one.name}`, measure(agreed(writers(one, values)))))
}
const [order] = cases
if (order) {
  console.log(table(`Refusing ${order.name}`, measure(refusals(order))))
  console.log(table(`A new schema, up to its first value read and written`, measure(starts(order), 5)))
}
