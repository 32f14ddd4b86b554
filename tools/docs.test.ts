import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkBlocks, checkDependencies, checkPaths } from './docs.ts'
import { pages, workspace } from './repository.ts'
import { pathsBelow, root, treeOf } from './tree.ts'

test('every path that the docs name exists', () => {
  expect(checkPaths(pages(), pathsBelow(''))).toEqual([])
})

test('every code block that names its source equals it', () => {
  const textOf = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined)
  expect(checkBlocks(pages(), textOf)).toEqual([])
})

test('every dependency has its reason in docs/dependencies.md', () => {
  const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  expect(checkDependencies(page, workspace().manifests)).toEqual([])
})

describe('a path that is named', () => {
  const paths = ['README.md', 'framework/src/contract/queue.ts', 'docs/tutorial/start.md', 'systems/counter/plan.ts']
  const complaints = (path: string, text: string) => checkPaths(treeOf({ [path]: text }), paths)

  test.each([
    ['a link', '[begin](tutorial/begin.md)'],
    ['an image', '![the plan](img/plan.svg)'],
    ['a name in backticks', 'see `framework/src/contract/topic.ts`'],
    ['a folder', 'see `framework/src/topics/`'],
    ['a short name', 'see `contract/topic.ts`'],
    ['a name with a line', 'see `systems/counter/stock.ts:12`'],
    ['a pattern that fits nothing', 'see `systems/*/stock.ts`'],
  ])('must exist: %s', (_what, text) => {
    expect(complaints('docs/README.md', `\n${text}`)).toEqual([
      expect.stringMatching(/^docs\/README\.md:2: .* does not exist$/),
    ])
  })

  test.each([
    '[begin](tutorial/start.md#first), [up](../README.md), [out](https://example.org/a/b.ts), [here](#there)',
    '`framework/src/contract/queue.ts:3`, `contract/queue.ts`, `systems/*/plan.ts`, `docs/tutorial/`',
    '`groundplan/testbed`, `application/json`, `GET /orders`, `systems/<name>/plan.ts`, `and/or`',
    '`framework/dist/cli/main.js`, `.groundplan/test/results.json`',
    '```sh\ncat `framework/src/nothing.ts` [a](b.md)\n```',
  ])('may stand: %s', text => {
    expect(complaints('docs/README.md', text)).toEqual([])
  })

  test('may be named from the page’s own folder', () => {
    expect(complaints('systems/counter/README.md', '`./plan.ts` and [the plan](plan.ts)')).toEqual([])
    expect(complaints('systems/counter/README.md', '[the plan](plans.ts)')).toHaveLength(1)
  })
})

describe('a code block with a source', () => {
  const source = "import 'a'\n  // #region sell\n  const sell = 1\n    // more\n  // #endregion sell\nconst show = 2\n"
  const complaints = (from: string, code: string) =>
    checkBlocks(treeOf({ 'README.md': `<!-- from ${from} -->\n\`\`\`ts\n${code}\n\`\`\`\n` }), path =>
      path === 'plan.ts' ? source : undefined,
    )

  test('equals the file, its region marks left out', () => {
    expect(complaints('plan.ts', "import 'a'\n  const sell = 1\n    // more\nconst show = 2")).toEqual([])
    expect(complaints('plan.ts', "import 'a'")).toEqual(['README.md:2: the block differs from plan.ts'])
  })

  test('equals the region, however deep it is indented', () => {
    expect(complaints('plan.ts#sell', 'const sell = 1\n  // more')).toEqual([])
    expect(complaints('plan.ts#sell', 'const sell = 2\n  // more')).toHaveLength(1)
  })

  test('names a file and a region that exist', () => {
    expect(complaints('plans.ts', '')).toEqual([expect.stringContaining('does not exist')])
    expect(complaints('plan.ts#buy', '')).toEqual([expect.stringContaining('has no "// #region buy"')])
  })
})

test('a dependency without a reason and a reason without a dependency are told', () => {
  const manifests = [
    { folder: '', name: 'own', dependencies: { zod: '4', own: '1' }, devDependencies: { vitest: '4' } },
  ]
  const page = '| package | why |\n|---|---|\n| `zod` | schemas |\n| `lodash`, `zod-mini` | once |\n| `vitest` | |\n'
  expect(checkDependencies(page, manifests)).toEqual([
    'docs/dependencies.md: lodash is no dependency any more',
    'docs/dependencies.md: no reason for the dependency vitest',
    'docs/dependencies.md: zod-mini is no dependency any more',
  ])
})
