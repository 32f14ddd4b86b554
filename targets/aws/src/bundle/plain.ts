/**
 * What a package gives others is built into a few large files, so that programs start fast. A function wants the small
 * ones, of which it leaves out what it does not use: they lie beside, as the compiler wrote them.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'

export const plain: Plugin = {
  name: 'plain',
  setup(build) {
    build.onLoad({ filter: /\/dist\/.*\.js$/ }, async ({ path }) => {
      const beside = path.replace(/\.js$/, '.plain.js')
      if (!existsSync(beside)) return undefined
      return { contents: await readFile(beside, 'utf8'), loader: 'js', resolveDir: dirname(path) }
    })
  },
}
