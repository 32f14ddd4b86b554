import { expect, test } from 'vitest'
import { checkDeadFiles } from './dead-files.ts'
import { allCode, mentions, workspace } from './repository.ts'
import { treeOf } from './tree.ts'
import { openWorkspace } from './workspace.ts'

test('something leads to each source file of the repository', () => {
  expect(checkDeadFiles(allCode(), mentions(), workspace())).toEqual([])
})

const manifest = {
  name: 'a',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  bin: { a: './dist/run.js' },
}

/** What is told of a small repository with one package. */
function told(files: Record<string, string>, named: Record<string, string> = {}): readonly string[] {
  const tree = treeOf(files)
  const manifests = treeOf({ 'package.json': '{}', 'a/package.json': JSON.stringify(manifest) })
  const workspace = openWorkspace(
    manifests,
    tree.map(file => file.path),
  )
  return checkDeadFiles(tree, treeOf(named), workspace)
}

/** Its dead files, where what the package names exists. */
function dead(files: Record<string, string>, named: Record<string, string> = {}): readonly string[] {
  const whole = { 'a/src/index.ts': '', 'a/src/run.ts': '', ...files }
  return told(whole, named).map(complaint => complaint.split(':')[0] ?? '')
}

test('a file that nothing leads to is dead', () => {
  expect(dead({ 'a/src/index.ts': "import './used.ts'", 'a/src/used.ts': '', 'a/src/left.ts': '' })).toEqual([
    'a/src/left.ts',
  ])
})

test('what dead files import is dead with them', () => {
  const files = { 'a/src/left.ts': "import './deep.ts'", 'a/src/deep.ts': '' }
  expect(dead(files)).toEqual(['a/src/deep.ts', 'a/src/left.ts'])
})

test('programs, plans, benchmarks, configuration and pages are entries', () => {
  const entries = [
    'a/src/run.ts',
    'systems/counter/plan.ts',
    'bench/http/run.ts',
    'vitest.config.ts',
    'web/app/counter/page.tsx',
  ]
  expect(dead(Object.fromEntries(entries.map(path => [path, ''])))).toEqual([])
})

test('a program that a script names is an entry, a type import and a worker are ways', () => {
  const files = {
    'scripts/go.mjs': "new URL('./worker.mjs', import.meta.url)",
    'scripts/worker.mjs': '',
    'a/src/run.ts': "import type { A } from './types.ts'",
    'a/src/types.ts': '',
  }
  expect(dead(files)).toEqual(['scripts/go.mjs', 'scripts/worker.mjs'])
  expect(dead(files, { Makefile: 'go:\n\tnode scripts/go.mjs' })).toEqual([])
})

test('code that only the test beside it uses is dead; what another test uses is not', () => {
  const files = { 'a/src/left.ts': '', 'a/src/left.test.ts': "import './left.ts'" }
  expect(dead(files)).toEqual(['a/src/left.ts'])
  expect(dead({ ...files, 'a/src/other.test.ts': "import './left.ts'" })).toEqual([])
})

test('an entry that a package names must exist, before anything is called dead', () => {
  expect(told({ 'a/src/index.ts': '', 'a/src/left.ts': '' })).toEqual([
    'a/package.json: names a/src/run.ts, which does not exist',
  ])
})

test('a package that has not been begun is not judged', () => {
  expect(told({ 'scripts/go.test.ts': '' })).toEqual([])
})

test('a program that imports what is built leads to its source', () => {
  expect(dead({ 'a/src/index.ts': '', 'a/src/run.ts': "import '../dist/cli.js'", 'a/src/cli.ts': '' })).toEqual([])
})
