/**
 * Tells whether files changed since they were last built. Size and time of change answer nearly always;
 * only a file whose time changed is read, so that a fresh checkout of the same content builds nothing.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** @typedef {{ mtimeMs: number, size: number, hash: string }} Mark */
/** @typedef {Record<string, Mark>} Stamp from path (relative to the root) to what the file was */

/**
 * All files below a folder, as sorted paths relative to the root.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap(entry => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(root, path) : [path]
    })
    .sort()
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 * @param {Stamp} [before] marks that are taken over where size and time are the same
 * @returns {Stamp}
 */
export function takeStamp(root, paths, before = {}) {
  return Object.fromEntries(
    paths.map(path => {
      const { mtimeMs, size } = statSync(join(root, path))
      const old = before[path]
      const same = old !== undefined && old.mtimeMs === mtimeMs && old.size === size
      return [path, { mtimeMs, size, hash: same ? old.hash : hashOf(join(root, path)) }]
    }),
  )
}

/**
 * @param {Stamp} left
 * @param {Stamp} right
 */
export function sameContent(left, right) {
  const paths = Object.keys(left)
  if (paths.length !== Object.keys(right).length) return false
  return paths.every(path => left[path]?.hash === right[path]?.hash)
}

/**
 * @param {string} path
 * @returns {Stamp | undefined}
 */
export function readStamp(path) {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // half-written by a build that was killed: build again
  }
}

/**
 * @param {string} path
 * @param {Stamp} stamp
 */
export function writeStamp(path, stamp) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(stamp))
}

/** @param {string} path */
function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('base64')
}
