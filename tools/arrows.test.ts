import { describe, expect, test } from 'vitest'
import { checkArrows } from './arrows.ts'
import { ruledCode, workspace } from './repository.ts'
import { treeOf } from './tree.ts'
import { openWorkspace } from './workspace.ts'

test('the imports of the repository follow the arrows', () => {
  expect(checkArrows(ruledCode(), workspace())).toEqual([])
})

const manifests = treeOf({
  'package.json': '{}',
  'framework/package.json': JSON.stringify({
    name: 'groundplan',
    exports: {
      '.': { 'groundplan-source': './src/index.ts', default: './dist/index.js' },
      './client': { 'groundplan-source': './src/http/client.ts' },
      './testbed': { 'groundplan-source': './src/targets/testbed.ts' },
      './contract/*': { 'groundplan-source': './src/contract/*.ts' },
      './runtime/*': { default: './dist/runtime/*.js' },
    },
  }),
  'drivers/postgres/package.json': JSON.stringify({ name: '@groundplan/postgres', exports: './src/queue.ts' }),
  'drivers/s3/package.json': JSON.stringify({ name: '@groundplan/s3' }),
  'systems/counter/package.json': JSON.stringify({ name: 'counter', exports: { './client': './client.ts' } }),
  'web/package.json': JSON.stringify({ name: 'web' }),
})

const existing = [
  ...['framework/src/index.ts', 'framework/src/http/client.ts', 'framework/src/targets/testbed.ts'],
  ...['framework/src/contract/queue.ts', 'framework/src/runtime/calls.ts', 'drivers/postgres/src/queue.ts'],
  ...['systems/counter/client.ts', 'systems/counter/plan.ts'],
]

/** The complaints about one file of this content. */
function complaints(path: string, text: string, others: Record<string, string> = {}): readonly string[] {
  const tree = treeOf({ [path]: text, ...others })
  return checkArrows(tree, openWorkspace(manifests, [...existing, ...tree.map(file => file.path)]))
}

describe('a forbidden import is named with file, line and rule', () => {
  const forbidden: readonly [what: string, path: string, text: string, rule: RegExp][] = [
    [
      'plan → contract',
      'framework/src/plan/a.ts',
      "\nimport '../contract/queue.ts'",
      /^framework\/src\/plan\/a\.ts:2: .*sees only framework\/src\/plan\//,
    ],
    ['plan → another package', 'framework/src/plan/a.ts', "import 'croner'", /may not import the package croner/],
    ['plan → Node', 'framework/src/plan/a.ts', "import { readFileSync } from 'node:fs'", /no Node module/],
    ['plan → Node without its prefix', 'framework/src/plan/a.ts', "import fs from 'fs'", /no Node module/],
    ['contract → runtime', 'framework/src/contract/a.ts', "import type { A } from '../runtime/calls.ts'", /sees only/],
    ['runtime → an engine', 'framework/src/runtime/a.ts', "import { open } from 'lmdb'", /package lmdb/],
    ['runtime → an engine of a scope', 'framework/src/runtime/a.ts', "import '@aws-sdk/client-sqs'", /@aws-sdk/],
    ['runtime → memory', 'framework/src/runtime/a.ts', "import '../memory/queue.ts'", /sees only/],
    ['memory → runtime', 'framework/src/memory/a.ts', "export * from '../runtime/calls.ts'", /sees only/],
    ['memory → embedded', 'framework/src/memory/a.ts', "const a = await import('../embedded/queue.ts')", /sees only/],
    ['contract → the suite', 'framework/src/contract/a.ts', "import './suite/queue.ts'", /for tests only/],
    [
      'runtime → the suite, as a type',
      'framework/src/runtime/a.ts',
      "type A = import('../contract/suite/queue.ts').A",
      /for tests only/,
    ],
    [
      'a barrel of the own package',
      'framework/src/runtime/a.ts',
      "import { table } from '../index.ts'",
      /not the barrel/,
    ],
    ['the own package by name', 'framework/src/cli/a.ts', "import { table } from 'groundplan'", /not the barrel/],
    ['a barrel in a test', 'framework/src/runtime/a.test.ts', "import { table } from '../index.ts'", /not the barrel/],
    ['a driver → the runtime', 'drivers/s3/src/a.ts', "import 'groundplan/runtime/calls'", /drivers\/s3\/ sees only/],
    ['a driver → another driver', 'drivers/s3/src/a.ts', "import '@groundplan/postgres'", /drivers\/s3\/ sees only/],
    [
      'a driver → framework by path',
      'drivers/s3/src/a.ts',
      "import '../../../framework/src/contract/queue.ts'",
      /by its name/,
    ],
    ['a system → a driver', 'systems/counter/a.ts', "import '@groundplan/postgres'", /systems\/counter\/ sees only/],
    ['a system → the testbed, not in a test', 'systems/counter/a.ts', "import 'groundplan/testbed'", /sees only/],
    ['a system → a part that is not exported', 'systems/counter/a.ts', "import 'groundplan/plan/table'", /sees only/],
    ['a system → Node', 'systems/counter/a.ts', "import 'node:fs'", /no Node module/],
    ['a system → a package', 'systems/counter/a.ts', "import 'lodash'", /package lodash/],
    ['a system’s test → a driver', 'systems/counter/test/a.test.ts', "import 'lmdb'", /package lmdb/],
    ['a plan → the client', 'systems/counter/plan.ts', "import 'groundplan/client'", /not for plans/],
    ['web → a plan', 'web/app/page.tsx', "import type plan from '../../systems/counter/plan.ts'", /by its name/],
    ['web → the words of plans', 'web/app/page.tsx', "import 'groundplan'", /web\/ sees only/],
  ]
  test.each(forbidden)('%s', (_what, path, text, rule) => {
    const found = complaints(path, text)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(rule)
  })
})

describe('an import along the arrows passes', () => {
  const allowed: readonly [what: string, path: string, text: string][] = [
    ['plan → zod', 'framework/src/plan/a.ts', "import { z } from 'zod'\nimport './b.ts'"],
    ['runtime → contract', 'framework/src/runtime/a.ts', "import '../contract/queue.ts'\nimport 'node:crypto'"],
    ['embedded → its engine', 'framework/src/embedded/a.ts', "import 'lmdb'"],
    [
      'a test → anything',
      'framework/src/memory/a.test.ts',
      "import '../runtime/calls.ts'\nimport '../contract/suite/queue.ts'",
    ],
    ['the barrel’s own test', 'framework/src/index.test-d.ts', "import './index.ts'"],
    ['a driver → contract', 'drivers/s3/src/a.ts', "import 'groundplan/contract/queue'\nimport '@aws-sdk/client-s3'"],
    [
      'a target → drivers',
      'targets/server/src/a.ts',
      "import '@groundplan/postgres'\nimport 'groundplan/runtime/calls'",
    ],
    [
      'a plan → groundplan and zod',
      'systems/counter/plan.ts',
      "import 'groundplan'\nimport 'zod'\nimport './stock.ts'",
    ],
    ['a system’s client → the client', 'systems/counter/client.ts', "import 'groundplan/client'"],
    [
      'a system’s test → the testbed',
      'systems/counter/test/a.test.ts',
      "import 'groundplan/testbed'\nimport 'vitest'\nimport 'node:fs'",
    ],
    ['web → a system’s client', 'web/app/page.tsx', "import 'counter/client'\nimport 'react'"],
  ]
  test.each(allowed)('%s', (_what, path, text) => {
    expect(complaints(path, text)).toEqual([])
  })
})

test('the client is not for plans, however far down it is imported', () => {
  const found = complaints('systems/counter/plan.ts', "import './stock.ts'", {
    'systems/counter/stock.ts': "import { connect } from 'groundplan/client'",
  })
  expect(found).toEqual([expect.stringMatching(/^systems\/counter\/stock\.ts:1: .*not for plans/)])
})

test('of the scripts of the repository tests may take a free port, and nothing else of a package may', () => {
  const taken = (path: string, script: string) => {
    const text = `import '../../../scripts/lib/${script}'`
    const scripts = { 'scripts/lib/free-port.mjs': '', 'scripts/lib/run.mjs': '' }
    return complaints(path, text, scripts).filter(each => each.startsWith(path))
  }
  expect(taken('framework/src/cli/a.test.ts', 'free-port.mjs')).toEqual([])
  expect(taken('framework/src/cli/a.ts', 'free-port.mjs')).toHaveLength(1)
  expect(taken('framework/src/cli/a.test.ts', 'run.mjs')).toHaveLength(1)
})

test('a folder without a rule is a complaint', () => {
  expect(complaints('framework/src/helpers/a.ts', '')).toEqual([expect.stringContaining('no rule')])
})
