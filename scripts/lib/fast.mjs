/**
 * Makes a built package quick to load: what others import from it (its `exports` and `bin`) becomes a few large files
 * instead of a hundred small ones, at the same paths. Everything else stays as the compiler wrote it; what is replaced
 * is kept as `<name>.plain.js`, for who bundles functions and leaves parts out.
 */
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** So long a process that was started before may still load a part of what it runs. */
const keptMs = 3_600_000

/**
 * @param {string} root
 * @param {string} folder such as `framework`
 * @param {string} result the folder in it that will be its `dist`
 */
export async function makeFast(root, folder, result) {
  const at = resolve(root, folder)
  const entryPoints = entriesOf(at)
  if (entryPoints.length === 0) return
  keepPlain(at, result, entryPoints)
  const { build, stop } = await import('esbuild')
  await build({
    absWorkingDir: at,
    entryPoints,
    outbase: 'src',
    outdir: result,
    chunkNames: 'parts/[name]-[hash]',
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'silent',
    plugins: [sameAddresses(at)],
  })
  await stop()
  keepParts(join(at, 'dist', 'parts'), join(at, result, 'parts'))
}

/**
 * @param {string} at
 * @param {string} result
 * @param {readonly string[]} entryPoints
 */
function keepPlain(at, result, entryPoints) {
  for (const entry of entryPoints) {
    const built = join(at, result, entry.replace(/^src\//, '').replace(/\.ts$/, '.js'))
    if (existsSync(built)) cpSync(built, built.replace(/\.js$/, '.plain.js'))
  }
}

/**
 * The sources of what others import: those whose result stands in `exports`, and the command line.
 * @param {string} at
 * @returns {string[]}
 */
function entriesOf(at) {
  const { exports = {} } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
  const exported = Object.values(exports).map(target => target.default)
  return [...exported, './dist/cli/main.js']
    .filter(path => path?.startsWith('./dist/') && !path.includes('*'))
    .map(path => path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
    .filter(path => existsSync(join(at, path)))
}

/**
 * A module that looks for a file beside it finds it, wherever its code came to stand below `dist`.
 * @param {string} at
 * @returns {import('esbuild').Plugin}
 */
function sameAddresses(at) {
  return {
    name: 'same-addresses',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (!text.includes('import.meta.url')) return undefined
        const own = JSON.stringify(relative(join(at, 'src'), path).replaceAll('\\', '/').replace(/\.ts$/, '.js'))
        const address = `(import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + 6) + ${own})`
        return { contents: text.replaceAll('import.meta.url', address), loader: 'ts' }
      })
    },
  }
}

/**
 * Parts of the build before, for processes that run it and have not loaded all of it.
 * @param {string} before
 * @param {string} now
 */
function keepParts(before, now) {
  if (!existsSync(before)) return
  for (const name of readdirSync(before)) {
    const path = join(before, name)
    if (Date.now() - statSync(path).mtimeMs > keptMs || existsSync(join(now, name))) continue
    cpSync(path, join(now, name), { preserveTimestamps: true })
  }
}
