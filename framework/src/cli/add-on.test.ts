/** Packages that not every project has. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addOn } from './add-on.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'groundplan-add-on-'))
  write('node_modules/@shop/extra/package.json', {
    name: '@shop/extra',
    type: 'module',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
  })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, content: string | object): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
}

const entry = 'node_modules/@shop/extra/dist/index.js'

it('is loaded from the project, not from where the command is', async () => {
  write(entry, 'export const word = "hello"')
  expect((await addOn<{ readonly word: string }>(root, '@shop/extra')).word).toBe('hello')
})

it('is asked for by the command that installs it, where it is missing', async () => {
  const failure = addOn(root, '@shop/other')
  await expect(failure).rejects.toMatchObject({
    message: 'This needs the package @shop/other, which is not installed',
    wayOut: 'npm install --save-dev @shop/other',
  })
})

it('is said not to be built, where it is there without its result', async () => {
  await expect(addOn(root, '@shop/extra')).rejects.toThrow(/is there, but not built/)
})

it('fails with its own words for what is wrong inside of it', async () => {
  write(entry, 'import "no-such-thing"')
  await expect(addOn(root, '@shop/extra')).rejects.toThrow(/no-such-thing/)
})
