/**
 * Puts the files of a new PostgreSQL into a built framework (`new-database.tar.gz`): to make them takes seconds, which
 * would be those of everybody's first start, and of each test. Made once for what they depend on, and kept in
 * .groundplan/build.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { StepFailed } from './progress.mjs'
import { run } from './run.mjs'

const name = 'new-database.tar.gz'

/** In a process of its own: PostgreSQL takes 100 MB. */
const program = `
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
const [from, to] = process.argv.slice(1)
const { freshDatabaseFiles } = await import(pathToFileURL(from))
const files = await freshDatabaseFiles()
writeFileSync(to, gzipSync(await files.arrayBuffer()))`

/**
 * @param {string} root
 * @param {string} folder such as `framework`
 * @param {string} result the folder in it that will be its `dist`
 */
export async function addDatabaseFiles(root, folder, result) {
  const at = resolve(root, folder)
  const maker = join(at, result, 'memory', 'database.js')
  if (!existsSync(maker)) return
  const kept = resolve(root, '.groundplan', 'build', `database-${hashOf(at, maker)}.tar.gz`)
  if (!existsSync(kept)) await make(root, maker, kept)
  copyFileSync(kept, join(at, result, name))
}

/**
 * What the files depend on: who makes them, and how.
 * @param {string} folder
 * @param {string} maker
 */
function hashOf(folder, maker) {
  const library = createRequire(join(folder, 'package.json')).resolve('@electric-sql/pglite')
  const hash = createHash('sha256')
    .update(readFileSync(maker))
    .update(readFileSync(join(library, '../../package.json')))
  return hash.digest('hex').slice(0, 16)
}

/**
 * @param {string} root
 * @param {string} maker
 * @param {string} kept
 */
async function make(root, maker, kept) {
  mkdirSync(join(kept, '..'), { recursive: true })
  const fresh = `${kept}.${process.pid}`
  try {
    const args = ['--input-type=module', '--eval', program, maker, fresh]
    const ended = await run(process.execPath, args, { cwd: root, capture: true })
    if (ended.code !== 0) throw new StepFailed('The files of a new database were not made.', ended.code, ended.output)
    // Another build may do so at the same moment; both are the same.
    renameSync(fresh, kept)
  } finally {
    rmSync(fresh, { force: true })
  }
}
