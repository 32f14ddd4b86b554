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
import { type Case, cases } from './schemas.ts'

/** As many values as one round takes turns with, each an object of its own as `JSON.parse` makes it. */
const VALUES = 1_000

function jsonSchema(schema: z.ZodType, open: boolean): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: open ? 'input' : 'output' })
  return rest
}

function ajvFor(schema: z.ZodType, options: { open: boolean; strips: boolean }) {
  const ajv = new Ajv({ useDefaults: options.strips, removeAdditional: options.strips ? 'all' : false })
  // The default export of this CommonJS package is typed as a namespace.
  const formats = addFormats as unknown as (ajv: Ajv) => void
  formats(ajv)
  return ajv.compile(jsonSchema(schema, options.open))
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
