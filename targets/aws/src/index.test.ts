import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** What loading the package loads, without what it loads when it is asked for something. */
async function loadedAtOnce(): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', packages: 'external' },
    ...{ outdir: 'out', write: false, metafile: true },
  })
  const seen = new Set<string>()
  const waiting = Object.keys(metafile.outputs).filter(name => name.endsWith('index.js'))
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const imports = metafile.outputs[name]?.imports ?? []
    waiting.push(...imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path))
  }
  return [...seen].filter(name => !name.endsWith('.js'))
}

test('a config that names AWS loads neither the CDK nor a client of Amazon: nobody pays for it who starts a system', async () => {
  expect(await loadedAtOnce()).toEqual([])
})
