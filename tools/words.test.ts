import { expect, test } from 'vitest'
import { pages, ruledCode, texts } from './repository.ts'
import { treeOf } from './tree.ts'
import { checkForbidden, checkWords } from './words.ts'

/** These two say what is forbidden. */
const ownFiles = new Set(['tools/words.ts', 'tools/words.test.ts'])

test('prose and code of the repository use the words of the project', () => {
  expect(checkWords([...pages(), ...ruledCode()])).toEqual([])
})

test('no file of the repository holds a path of one machine or the host of a package registry', () => {
  expect(checkForbidden(texts().filter(({ path }) => !ownFiles.has(path)))).toEqual([])
})

test('a word with a better one is told with its place', () => {
  const tree = treeOf({ 'README.md': 'Plans\nEvery Lambda handler and its DLQ' })
  expect(checkWords(tree)).toEqual([
    'README.md:2: "Lambda handler": say "handler"',
    'README.md:2: "DLQ": say "dead-letter queue"',
  ])
})

test.each(['/home/ann/shop/plan.ts', '/Users/ann/shop', '/tmp/shop-1', '/root/.npmrc', 'C:\\Users\\ann'])(
  '%s is a path of one machine',
  path => {
    expect(checkForbidden(treeOf({ 'a.json': `{ "at": "${path}" }` }))).toEqual([
      expect.stringContaining('a path of one machine'),
    ])
  },
)

test.each(['https://registry.npmjs.org/zod', 'http://verdaccio.example.org/'])(
  '%s names the host of a registry',
  url => {
    expect(checkForbidden(treeOf({ 'package-lock.json': `"resolved": "${url}"` }))).toEqual([
      expect.stringContaining('the host of a package registry'),
    ])
  },
)

test('paths below a variable, a route or a system folder pass', () => {
  const text = 'await get("/api/work/items"); mount("/var/lib/groundplan"); join(tmpdir(), "x"); url + "/home"'
  expect(checkForbidden(treeOf({ 'a.ts': text }))).toEqual([])
})
