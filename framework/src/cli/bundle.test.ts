import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bundler, openBundler } from './bundle.ts'
import { type TestProject, testProject } from './test/project.ts'

const own = (version: string) => JSON.stringify({ name: 'own', version, type: 'module', exports: './index.js' })

let project: TestProject
let bundler: Bundler
beforeEach(() => {
  project = testProject({
    'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '~/*': ['./shared/*'] } } }),
    'shared/words.ts': 'export const word: string = "shared"',
    'a/plan.ts':
      "import 'node:fs'\nimport { z } from 'zod'\nimport { word } from '~/words.ts'\nexport default [z, word]",
    'b/node_modules/own/package.json': own('2.0.0'),
    'b/node_modules/own/index.js': 'export const own = 2',
    'b/plan.ts': "import { own } from 'own'\nexport default own",
    'c/node_modules/typed/package.json': JSON.stringify({ name: 'typed', type: 'module', exports: './index.ts' }),
    'c/node_modules/typed/index.ts': 'export const typed: number = 3',
    'c/plan.ts': "import { typed } from 'typed'\nexport default typed",
  })
  bundler = openBundler(project.root, `${project.root}/.groundplan/build`)
})
afterEach(async () => {
  await bundler.close()
  project[Symbol.dispose]()
})

const bundled = (folder: string) =>
  bundler.bundle({ name: folder, text: `export { default } from './${folder}/plan.ts'` })

describe('A bundle', () => {
  it('holds the project’s files, aliases included, and leaves packages and Node outside', async () => {
    const { inputs, packages, text } = await bundled('a')
    expect([...inputs].sort()).toEqual(['a/plan.ts', 'shared/words.ts'])
    expect(packages).toEqual({ zod: 'a/plan.ts' })
    expect(text).toMatch(/from "zod"/)
  })

  it('names a package by its path that a system has for itself', async () => {
    const { packages, text } = await bundled('b')
    expect(text).toContain('from "../../b/node_modules/own/index.js"')
    expect(Object.values(packages)).toEqual(['b/plan.ts'])
  })

  it('holds what a package gives in TypeScript', async () => {
    const { inputs, packages } = await bundled('c')
    expect(inputs).toContain('c/node_modules/typed/index.ts')
    expect(packages).toEqual({})
  })

  it('has a source map with the files as written', async () => {
    const { text } = await bundled('a')
    const map: unknown = JSON.parse(atob(/base64,(\S+)\s*$/.exec(text)?.[1] ?? ''))
    expect(map).toMatchObject({ sources: expect.arrayContaining(['../../a/plan.ts']) })
  })
})
