/** When the pages are built again: a Next.js application of a few files, which Next itself builds. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { repository } from '../test/project.ts'
import { dueFrontBuild } from './build.ts'

const page = `import { word } from '../../shared/word.js'\nexport default function Page() {\n  return word\n}\n`

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "private": true, "type": "module" }',
  'shared/word.js': `export const word = 'hello'\n`,
  'web/package.json': '{ "private": true, "type": "module" }',
  // Small and mapped code is not what these pages are for.
  'web/next.config.mjs': `export default {
  turbopack: { root: ${JSON.stringify(repository)} },
  experimental: { turbopackMinify: false, turbopackSourceMaps: false },
}\n`,
  'web/app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}\n`,
  'web/app/page.js': page,
}

let root: string

/** Below the repository, since Next looks for its packages in the folders above. */
beforeEach(() => {
  mkdirSync(join(repository, '.groundplan'), { recursive: true })
  root = mkdtempSync(join(repository, '.groundplan', 'front-'))
  for (const [path, text] of Object.entries(files)) write(path, text)
})
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const due = () => dueFrontBuild(root, 'web')?.files

it('is due when it never was, when it failed, and when a file that reaches a page changed; not when one was touched', async () => {
  write('web/app/page.js', 'export default <')
  await expect(dueFrontBuild(root, 'web')?.run()).rejects.toThrow(/Building web failed:[\s\S]*app\/page\.js/)
  expect(due(), 'after it failed').toBe(5)
  write('web/app/page.js', page)
  expect(due(), 'with what a page imports from beside it').toBe(6)
  // Two at once, as two tests or two terminals have it: one builds, the other takes what it made.
  await Promise.all([dueFrontBuild(root, 'web')?.run(), dueFrontBuild(root, 'web')?.run()])
  expect(due(), 'built').toBeUndefined()
  utimesSync(join(root, 'web/app/page.js'), new Date(), new Date())
  expect(due(), 'touched').toBeUndefined()
  write('web/test/some.js', '')
  expect(due(), 'a test was added').toBeUndefined()
  write('shared/word.js', `export const word = 'good day'\n`)
  expect(due(), 'changed beside it').toBe(6)
}, 120_000)
