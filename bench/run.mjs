/**
 * Runs one benchmark: `node run.mjs compile` bundles `compile/run.ts` (Node 20 reads no TypeScript) and runs it in a
 * process of its own. The bundle is a file of `.groundplan` while it runs.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const source = join(folder, '../framework/src')
const built = join(folder, '../framework/dist')
const [claim = '', ...options] = process.argv.slice(2)
// Where a module of the repository's finds its packages, and where nothing is kept.
const outfile = join(folder, `../.groundplan/bench/${claim}-${process.pid}.mjs`)
buildSync({
  entryPoints: [join(folder, claim, 'run.ts')],
  bundle: true,
  packages: 'external',
  external: [join(built, '*')],
  // The systems import us by name: as sources, the same that the benchmark itself imports; but where processes are
  // killed, as built, since an SQL engine finds its worker beside itself.
  alias: {
    'groundplan/testbed': join(source, 'targets/testbed.ts'),
    'groundplan/embedded': claim === 'kills' ? join(built, 'targets/embedded.js') : join(source, 'targets/embedded.ts'),
    // Knows the built program by its own place.
    'groundplan/process': join(built, 'targets/process.js'),
    'groundplan/driver': join(source, 'driver.ts'),
    'groundplan/target': join(source, 'target.ts'),
    '@groundplan/aws': join(folder, '../drivers/aws/src/drivers.ts'),
    '@groundplan/s3': join(folder, '../drivers/s3/src/drivers.ts'),
    groundplan: claim === 'kills' ? join(built, 'index.js') : join(source, 'index.ts'),
    '@groundplan/accounts': join(folder, '../accounts/src/index.ts'),
  },
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  outfile,
})
try {
  const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...options], {
    cwd: folder,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outfile, { force: true })
}
