/**
 * Remembers which processes `start.mjs` and `dev.mjs` run in this folder, so that `stop.mjs` ends those and no others:
 * one empty file a process, named by its id, in .groundplan/running.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {string} root
 * @returns {() => void} takes the note away again
 */
export function noteRunning(root) {
  const path = join(folderOf(root), String(process.pid))
  mkdirSync(folderOf(root), { recursive: true })
  writeFileSync(path, '')
  return () => rmSync(path, { force: true })
}

/**
 * The ids of what runs; notes of processes that were killed are taken away.
 * @param {string} root
 * @returns {number[]}
 */
export function running(root) {
  if (!existsSync(folderOf(root))) return []
  const noted = readdirSync(folderOf(root)).map(Number)
  const alive = noted.filter(isStart)
  for (const gone of noted.filter(id => !alive.includes(id)))
    rmSync(join(folderOf(root), String(gone)), { force: true })
  return alive
}

/**
 * Whether the process lives and is a start script: ids are used again, and somebody else's process must not be stopped.
 * @param {number} id
 */
function isStart(id) {
  try {
    process.kill(id, 0)
    if (process.platform === 'win32') return true
    const command = execFileSync('ps', ['-p', String(id), '-o', 'args='], { encoding: 'utf8' })
    return /\b(start|dev)\.mjs\b/.test(command)
  } catch {
    return false
  }
}

/** @param {string} root */
function folderOf(root) {
  return join(root, '.groundplan', 'running')
}
