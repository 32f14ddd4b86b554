/**
 * Installs the packages that package-lock.json names, when they are not there yet.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StepFailed } from './progress.mjs'
import { run } from './run.mjs'

/** @typedef {{ version?: string, link?: boolean, optional?: boolean }} Locked */
/** @typedef {{ packages: Record<string, Locked> }} Lockfile */

/**
 * Whether `npm ci` has to run. npm leaves a copy of what it installed in node_modules; a lock file that is
 * newer than that copy but asks for the same versions (a fresh checkout, a touched file) needs no install.
 * @param {string} root
 */
export function needsInstall(root) {
  const lock = join(root, 'package-lock.json')
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(lock)) return false
  if (!existsSync(installed)) return true
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return false
  return !sameVersions(readJson(lock), readJson(installed))
}

/**
 * How many packages the lock file names.
 * @param {string} root
 */
export function packageCount(root) {
  return Object.keys(wanted(readJson(join(root, 'package-lock.json')))).length
}

/** @param {string} root */
export async function install(root) {
  const npm = npmCommand()
  const args = [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund']
  const ended = await run(npm.command, args, { cwd: root, capture: true, shell: npm.shell }).catch(() => undefined)
  if (ended === undefined) throw new StepFailed('npm was not found: it comes with Node, see https://nodejs.org', 1)
  if (ended.code !== 0)
    throw new StepFailed('Installing the packages failed (`npm ci`, above).', ended.code, ended.output)
}

/**
 * The npm that started this script, or the one on the path.
 * @returns {{ command: string, args: string[], shell: boolean }}
 */
function npmCommand() {
  const started = process.env.npm_execpath
  if (started && /npm-cli\.[cm]?js$/.test(started)) return { command: process.execPath, args: [started], shell: false }
  return { command: 'npm', args: [], shell: process.platform === 'win32' }
}

/**
 * @param {Lockfile} lock
 * @param {Lockfile} installed
 */
function sameVersions(lock, installed) {
  const want = wanted(lock)
  const have = wanted(installed)
  const nothingMissing = Object.entries(want).every(([path, entry]) => {
    const there = have[path]
    return there ? there.version === entry.version : entry.optional === true
  })
  return nothingMissing && Object.keys(have).every(path => path in want)
}

/** @param {Lockfile} lock */
function wanted(lock) {
  return Object.fromEntries(Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/')))
}

/**
 * @param {string} path
 * @returns {Lockfile}
 */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
