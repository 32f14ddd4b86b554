import { describe, expect, test } from 'vitest'
import { checkPurity } from './purity.ts'
import { ruledCode } from './repository.ts'
import { treeOf } from './tree.ts'

test('no file of the repository takes time, chance, environment or state past the rules', () => {
  expect(checkPurity(ruledCode())).toEqual([])
})

function complaints(path: string, text: string): readonly string[] {
  return checkPurity(treeOf({ [path]: text }))
}

describe('time and chance come in through the Clock', () => {
  const taken = [
    'const at = Date.now()',
    'const now = Date.now',
    'const at = new Date()',
    'const at = Date()',
    'setTimeout(() => {}, 1)',
    'globalThis.setInterval(() => {}, 1)',
    'const wait = promisify(setTimeout)',
    "import { setTimeout as wait } from 'node:timers/promises'",
    'const n = Math.random()',
    'const signal = AbortSignal.timeout(5)',
  ]
  test.each(taken)('refused: %s', text => {
    for (const path of ['framework/src/contract/a.ts', 'framework/src/runtime/a.ts', 'drivers/s3/src/a.ts']) {
      expect(complaints(path, `export {}\n${text}`)).toEqual([expect.stringMatching(`^${path}:2: .*Clock`)])
    }
  })

  const fine = [
    'const at = new Date(0)',
    'const day = Date.parse(text)',
    'clock.setTimeout(1)',
    'type T = typeof setTimeout',
  ]
  test.each(fine)('fine: %s', text => {
    expect(complaints('framework/src/runtime/a.ts', text)).toEqual([])
  })

  test('clock files, tests and folders that are not on the clock may take it', () => {
    const text = 'export const now = () => Date.now()'
    const free = ['framework/src/memory/clock.ts', 'framework/src/embedded/clock.ts', 'framework/src/runtime/a.test.ts']
    for (const path of [...free, 'framework/src/http/a.ts', 'systems/counter/plan.ts']) {
      expect(complaints(path, text)).toEqual([])
    }
    expect(complaints('framework/src/runtime/clock.ts', text)).toHaveLength(1)
  })
})

describe('the environment is read by few', () => {
  const read = ['process.env.HOME', "process['env']", 'const { env } = process', "import { env } from 'node:process'"]
  test.each(read)('refused: %s', text => {
    expect(complaints('framework/src/http/a.ts', text)).toEqual([expect.stringContaining('process.env')])
    expect(complaints('systems/counter/plan.ts', text)).toHaveLength(1)
    expect(complaints('framework/src/cli/a.ts', text)).toEqual([])
    expect(complaints('drivers/s3/src/a.ts', text)).toEqual([])
  })
})

describe('no state at module level', () => {
  const state = [
    'let count = 0',
    'export let count = 0',
    'var count = 0',
    'const seen = new Map<string, number>()',
    'export const seen = new Set()',
  ]
  test.each(state)('refused: %s', text => {
    expect(complaints('framework/src/plan/a.ts', text)).toEqual([
      expect.stringMatching(/:1: .*no state at module level/),
    ])
  })

  const fine = [
    'const none: ReadonlyMap<string, number> = new Map()',
    "const words = new Set(['a'])",
    'const places = new WeakMap()',
    'function f() { let count = 0; return count }',
    'declare let given: string',
  ]
  test.each(fine)('fine: %s', text => {
    expect(complaints('framework/src/plan/a.ts', text)).toEqual([])
  })
})
