/**
 * Runs one benchmark: `node run.mjs compile` bundles `compile/run.ts` (Node 20 reads no TypeScript) and runs it in a
 * process of its own. The bundle goes in through standard input, so that nothing is left behind.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const source = join(folder, '../framework/src')
const [claim = '', ...options] = process.argv.slice(2)
const { outputFiles } = buildSync({
  entryPoints: [join(folder, claim, 'run.ts')],
  bundle: true,
  packages: 'external',
  external: [join(source, '../dist/*')],
  // The systems import us by name: as sources, the same that the benchmark itself imports.
  alias: {
    'groundplan/testbed': join(source, 'targets/testbed.ts'),
    'groundplan/embedded': join(source, 'targets/embedded.ts'),
    // Knows the built program by its own place.
    'groundplan/process': join(source, '../dist/targets/process.js'),
    'groundplan/driver': join(source, 'driver.ts'),
    groundplan: join(source, 'index.ts'),
    '@groundplan/accounts': join(folder, '../accounts/src/index.ts'),
  },
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  write: false,
})
const { status } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-', ...options], {
  cwd: folder,
  input: outputFiles[0]?.text,
  stdio: ['pipe', 'inherit', 'inherit'],
})
process.exitCode = status ?? 1
