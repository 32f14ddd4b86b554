/**
 * What there is to build, and whether it has to be built again. A part is a folder with a
 * tsconfig.build.json that compiles `src` to `dist`; framework comes first, the others see its result.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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
 * @param {string} root
 * @param {Build} build
 */
export async function compile(root, { folder, sources, stamp }) {
  const before = readStamp(stampPath(root, folder))
  rmSync(stampPath(root, folder), { force: true })
  if (before === undefined || Object.keys(before).some(path => !(path in stamp))) clear(root, folder)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const ended = await run(process.execPath, [tsc, '-p', `${folder}/tsconfig.build.json`], { cwd: root, capture: true })
  if (ended.code !== 0) throw new StepFailed(`Building ${folder} failed.`, ended.code, ended.output)
  if (!complete(root, folder, sources))
    throw new StepFailed(`Building ${folder} left files out: see its tsconfig.build.json.`, 1)
  writeStamp(stampPath(root, folder), stamp)
}

/**
 * A source that is gone must not live on in the result.
 * @param {string} root
 * @param {string} folder
 */
function clear(root, folder) {
  rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {readonly string[]} sources
 */
function complete(root, folder, sources) {
  return sources
    .filter(path => !path.endsWith('.d.ts'))
    .every(path =>
      existsSync(join(root, folder, 'dist', `${path.slice(folder.length + 5).replace(sourceFile, '')}.js`)),
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
  return ['framework', ...inside].filter(folder => existsSync(join(root, folder, 'tsconfig.build.json')))
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
