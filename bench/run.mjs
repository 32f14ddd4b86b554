/**
 * Runs one benchmark: `node run.mjs compile` bundles `compile/run.ts` (Node 20 reads no TypeScript) and runs it in a
 * process of its own. The bundle goes in through standard input, so that nothing is left behind.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const [claim = '', ...options] = process.argv.slice(2)
const { outputFiles } = buildSync({
  entryPoints: [join(folder, claim, 'run.ts')],
  bundle: true,
  packages: 'external',
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
