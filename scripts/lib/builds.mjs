/**
 * What there is to build, and whether it has to be built again. A part is a folder with a
 * tsconfig.build.json that compiles `src` to `dist`; framework comes first, the others see its result.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { addDatabaseFiles } from './database-files.mjs'
import { makeFast } from './fast.mjs'
import { StepFailed } from './progress.mjs'
import { run } from './run.mjs'
import { filesBelow, readStamp, sameContent, takeStamp, writeStamp } from './stamp.mjs'

/**
 * @typedef {object} Build
 * @property {string} folder such as `framework` or `drivers/postgres`
 * @property {readonly string[]} sources the files that are compiled
 * @property {import('./stamp.mjs').Stamp} stamp of all files the result depends on
 */

const testFile = /\.test(-d)?\.tsx?$|\/test\//
const sourceFile = /\.tsx?$/

/**
 * The parts that have to be built: never built, changed, depending on a changed one, or with a part of their result gone.
 * @param {string} root
 * @returns {Build[]}
 */
export function dueBuilds(root) {
  /** @type {string[]} */
  let shared = ['tsconfig.json', 'package-lock.json']
  return partFolders(root).flatMap(folder => {
    const sources = filesBelow(root, `${folder}/src`).filter(path => sourceFile.test(path) && !testFile.test(path))
    if (sources.length === 0) return []
    const inputs = [
      ...sources,
      ...existing(root, [`${folder}/package.json`, `${folder}/tsconfig.build.json`, ...shared]),
    ]
    if (folder === 'framework') shared = [...shared, ...sources]
    const before = readStamp(stampPath(root, folder))
    const stamp = takeStamp(root, inputs, before)
    const upToDate = before !== undefined && sameContent(before, stamp) && complete(root, folder, sources)
    return upToDate ? [] : [{ folder, sources, stamp }]
  })
}

/**
 * Builds parts, a step each: framework first, then the others side by side. After one that failed none begins.
 * @param {string} root
 * @param {import('./progress.mjs').Progress} progress
 * @param {readonly Build[]} builds
 * @param {CompileOptions} [options]
 * @returns {Promise<unknown[]>} what failed
 */
export async function compileAll(root, progress, builds, options) {
  const one = (/** @type {Build} */ build) =>
    progress.step(`Building ${build.folder} (${build.sources.length} files)`, () => compile(root, build, options))
  const isFirst = (/** @type {Build} */ { folder }) => folder === 'framework'
  const failures = await sideBySide(builds.filter(isFirst), one)
  return failures.length > 0
    ? failures
    : sideBySide(
        builds.filter(build => !isFirst(build)),
        one,
      )
}

/**
 * @param {Build[]} waiting
 * @param {(build: Build) => Promise<unknown>} one
 */
async function sideBySide(waiting, one) {
  /** @type {unknown[]} */
  const failures = []
  const lane = async () => {
    for (let next = waiting.shift(); next && failures.length === 0; next = waiting.shift()) {
      await one(next).catch(error => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  return failures
}

/** @typedef {{ typesAreRight?: boolean }} CompileOptions `typesAreRight`: they were just checked, so this does not */

/**
 * Compiles beside the result that is there, and puts the new one in its place when it is whole: who runs the old one
 * meanwhile, or builds at the same moment, is not disturbed.
 * @param {string} root
 * @param {Build} build
 * @param {CompileOptions} [options]
 */
export async function compile(root, { folder, sources, stamp }, { typesAreRight = false } = {}) {
  const fresh = `.dist-${process.pid}`
  removeLeft(join(root, folder))
  rmSync(stampPath(root, folder), { force: true })
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    // A second checker would check much of what the first does.
    const how = ['--checkers', '1', ...(typesAreRight ? ['--noCheck'] : [])]
    const args = [tsc, '-p', `${folder}/tsconfig.build.json`, '--outDir', `${folder}/${fresh}`, ...how]
    const ended = await run(process.execPath, args, { cwd: root, capture: true })
    if (ended.code !== 0) throw new StepFailed(`Building ${folder} failed.`, ended.code, ended.output)
    if (!complete(root, folder, sources, fresh))
      throw new StepFailed(`Building ${folder} left files out: see its tsconfig.build.json.`, 1)
    if (folder === 'framework') {
      await makeFast(root, folder, fresh)
      await addDatabaseFiles(root, folder, fresh)
    }
    replace(join(root, folder, 'dist'), join(root, folder, fresh))
  } finally {
    rmSync(join(root, folder, fresh), { recursive: true, force: true })
  }
  writeStamp(stampPath(root, folder), stamp)
}

/**
 * What builds left behind that were killed.
 * @param {string} at
 */
function removeLeft(at) {
  for (const name of readdirSync(at)) {
    const id = /^\.dist-(\d+)/.exec(name)?.[1]
    if (id !== undefined && !lives(Number(id))) rmSync(join(at, name), { recursive: true, force: true })
  }
}

/** @param {number} id of a process */
function lives(id) {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

/**
 * Another build of the same may do so at the same moment; then one of the two results stays.
 * @param {string} path
 * @param {string} fresh
 */
function replace(path, fresh) {
  const old = `${fresh}-old`
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(path)) renameSync(path, old)
      renameSync(fresh, path)
      return
    } catch (error) {
      if (attempt === 10) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {readonly string[]} sources
 * @param {string} [result]
 */
function complete(root, folder, sources, result = 'dist') {
  return sources
    .filter(path => !path.endsWith('.d.ts'))
    .every(path =>
      existsSync(join(root, folder, result, `${path.slice(folder.length + 5).replace(sourceFile, '')}.js`)),
    )
}

/**
 * @param {string} root
 * @returns {string[]}
 */
function partFolders(root) {
  const inside = ['drivers', 'targets'].flatMap(folder => {
    if (!existsSync(join(root, folder))) return []
    return readdirSync(join(root, folder))
      .sort()
      .map(name => `${folder}/${name}`)
  })
  return ['framework', 'accounts', ...inside].filter(folder => existsSync(join(root, folder, 'tsconfig.build.json')))
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 */
function existing(root, paths) {
  return paths.filter(path => existsSync(join(root, path)))
}

/**
 * @param {string} root
 * @param {string} folder
 */
function stampPath(root, folder) {
  return join(root, '.groundplan', 'build', `${folder.replace('/', '-')}.json`)
}
