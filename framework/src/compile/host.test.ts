/**
 * Hosts that let no code be made of strings (`--disallow-code-generation-from-strings`, or a content security policy):
 * the same answers, without generated code.
 */
import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'

const program = `
  import { z } from 'zod'
  import { compileReader } from './reader.ts'
  import { compileWriter } from './writer.ts'

  const Order = z.object({ orderId: z.string(), lines: z.array(z.object({ sku: z.string() })).default([]) })
  const reader = compileReader(Order, { unknown: 'refuse' })
  const writer = compileWriter(Order)
  console.log(JSON.stringify({
    compiled: [reader.compiled, writer.compiled],
    read: reader.read({ orderId: 'o-1', lines: [{ sku: 'a' }] }),
    refused: reader.read({ orderId: 'o-1', lines: [{ sku: 'a', evil: 1 }] }),
    written: writer.write({ orderId: 'o-"1"', secret: 'x' }),
  }))
`

function run(...flags: string[]): unknown {
  const resolveDir = dirname(fileURLToPath(import.meta.url))
  const [file] = buildSync({
    stdin: { contents: program, resolveDir },
    bundle: true,
    format: 'esm',
    write: false,
  }).outputFiles
  const printed = execFileSync(process.execPath, [...flags, '--input-type=module'], { input: file?.text ?? '' })
  return JSON.parse(String(printed))
}

const answers = {
  read: { ok: true, value: { orderId: 'o-1', lines: [{ sku: 'a' }] } },
  refused: { ok: false, issues: [{ path: '/lines/0', message: 'Unrecognized key: "evil"' }] },
  written: { ok: true, json: '{"orderId":"o-\\"1\\"","lines":[]}' },
}

test('where code may be made of strings, readers and writers have generated code', () => {
  expect(run()).toEqual({ compiled: [true, true], ...answers })
})

test('where it may not, they give the same answers without it', () => {
  expect(run('--disallow-code-generation-from-strings')).toEqual({ compiled: [false, false], ...answers })
})
