import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkPage, checkTable, checkUses, pagePath, tablePath } from './problems.ts'
import { readCode, root, treeOf } from './tree.ts'

const hasTable = existsSync(join(root, tablePath))
if (!hasTable) console.warn(`The problem codes are NOT checked: there is no ${tablePath}.`)

describe.skipIf(!hasTable)('the problem codes of the repository', () => {
  test('are a complete table', async () => {
    expect(checkTable(await table())).toEqual([])
  })
  test('are those of the page', async () => {
    const page = existsSync(join(root, pagePath)) ? readFileSync(join(root, pagePath), 'utf8') : ''
    expect(checkPage(Object.keys(await table()), page)).toEqual([])
  })
  test('hold every code that is thrown or promised', async () => {
    const code = readCode(['framework/src', 'drivers', 'targets'])
    expect(checkUses(code, Object.keys(await table()))).toEqual([])
  })
})

async function table(): Promise<Record<string, unknown>> {
  const module: { problems: Record<string, unknown> } = await import(pathToFileURL(join(root, tablePath)).href)
  return module.problems
}

test('a row without blame or title, with a wrong status or code, is told', () => {
  const found = checkTable({
    fine: { blame: 'caller', status: 400, title: 'Fine' },
    'no-blame': { blame: 'nobody', title: 'No blame' },
    'no-title': { blame: 'engine', title: '' },
    'good-status': { blame: 'author', status: 200, title: 'Good status' },
    Upper: { blame: 'author', title: 'Upper' },
  })
  expect(found.map(complaint => complaint.split('"')[1])).toEqual(['no-blame', 'no-title', 'good-status', 'Upper'])
})

test('table and page are compared both ways', () => {
  const page = '## `conflict`\n\n| code | |\n|---|---|\n| `gone` | |\n\nSee `not-a-code`.'
  expect(checkPage(['conflict', 'throttled'], page)).toEqual([
    'docs/problems.md: "throttled" is not documented',
    'docs/problems.md: "gone" is no problem code',
  ])
})

test('a code that is thrown must be in the table', () => {
  const tree = treeOf({
    'framework/src/a.ts': "throw fault('conflict')\nthrow fault('no-such', 'detail')\nproblem('mine')",
    'framework/src/a.test.ts': "fault('in-a-test')",
  })
  expect(checkUses(tree, ['conflict'])).toEqual([
    'framework/src/a.ts:2: "no-such" is not in framework/src/contract/problem-table.ts',
  ])
})

test('a code that a docstring promises must be in the table', () => {
  const docstring =
    '/**\n * Writes. Problem codes: `conflict` (no `.or`), `no-such`,\n *   `another`. See `elsewhere`.\n */\nexport const a = 1'
  expect(checkUses(treeOf({ 'a.ts': docstring }), ['conflict']).map(complaint => complaint.split('"')[1])).toEqual([
    'no-such',
    'another',
  ])
})
