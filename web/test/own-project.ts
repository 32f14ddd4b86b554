/** A project that a test may change: the pages and counter in a folder of its own, with the packages of the repository. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { repository } from './running.ts'

/** Makes one; whoever asked for it removes it. */
export function projectOfItsOwn(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-dev-')))
  const copied = (path: string): boolean => !/node_modules|\.next|\.test\.|\/test(?:\/|$)/.test(path)
  for (const part of ['web', 'systems/counter']) {
    cpSync(join(repository, part), join(folder, part), {
      recursive: true,
      filter: path => copied(path.slice(repository.length)),
    })
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(
    join(folder, 'groundplan.config.ts'),
    `import { config } from 'groundplan/config'
export default config({ systems: { counter: './systems/counter/plan.ts' }, web: './web' })
`,
  )
  for (const shared of ['tsconfig.json', 'node_modules']) symlinkSync(join(repository, shared), join(folder, shared))
  // Next takes in files below this folder alone; the packages are elsewhere.
  edit(join(folder, 'web/next.config.mjs'), "new URL('../', import.meta.url)", "new URL('file:///')")
  return folder
}

/** Changes a text of a file, where it stands first, as somebody who saves it. */
export function edit(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8')
  const changed = text.replace(from, to)
  expect(changed, `${from} in ${file}`).not.toBe(text)
  writeFileSync(file, changed)
}
