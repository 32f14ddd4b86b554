import { expect, test } from 'vitest'
import { checkCycles } from './cycles.ts'
import { allCode, workspace } from './repository.ts'
import { treeOf } from './tree.ts'
import { openWorkspace } from './workspace.ts'

test('no files of the repository import each other in a circle', () => {
  expect(checkCycles(allCode(), workspace())).toEqual([])
})

function cycles(files: Record<string, string>): readonly string[] {
  const tree = treeOf(files)
  return checkCycles(
    tree,
    openWorkspace(
      treeOf({ 'package.json': '{}' }),
      tree.map(file => file.path),
    ),
  )
}

test('a circle is told once, with its way', () => {
  const found = cycles({
    'a.ts': "import { b } from './b.ts'",
    'b.ts': "export * from './c.ts'",
    'c.ts': "const a = import('./a.ts')",
    'd.ts': "import './a.ts'",
  })
  expect(found).toEqual(['a.ts: import cycle: a.ts → b.ts → c.ts → a.ts'])
})

test('an import of types alone closes no circle; an import of a value beside them does', () => {
  const back = (text: string) => cycles({ 'a.ts': "import './b.ts'", 'b.ts': text })
  expect(back("import type { A } from './a.ts'")).toEqual([])
  expect(back("export type { A } from './a.ts'")).toEqual([])
  expect(back("import { type A, a } from './a.ts'")).toHaveLength(1)
  expect(back("import { type A } from './a.ts'")).toHaveLength(1) // kept as an import of nothing when it runs
})
