/**
 * Starts and stops the stand-ins, and remembers where they are: .groundplan/engines/running.json, which tests read.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../free-port.mjs'
import { createProgress, StepFailed } from '../progress.mjs'
import { engines } from './list.mjs'

const patienceMs = 60_000

/**
 * @typedef {object} Running
 * @property {string} endpoint
 * @property {string} folder
 * @property {number} pid
 * @property {string} program how `ps` shows it, so that no other process is taken for it
 */

/**
 * @param {string} root
 * @param {readonly string[]} names none: all
 */
export async function up(root, names) {
  const unknown = names.find(name => !engines.some(engine => engine.name === name))
  if (unknown)
    throw new StepFailed(`There is no engine "${unknown}": ${engines.map(({ name }) => name).join(', ')}`, 64)
  const chosen = engines.filter(({ name }) => names.length === 0 || names.includes(name))
  const possible = chosen.filter(engine => hasTools(engine))
  const running = endpoints(root)
  const missing = possible.filter(engine => !running[engine.name] && !isFetched(root, engine))
  const progress = createProgress(possible.length + (missing.length > 0 ? 1 : 0))
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ')
    await progress.step(`Fetching ${names}`, () => fetchAll(root, missing))
  }
  for (const engine of possible) {
    await progress.step(engine.is, async () => {
      if (!running[engine.name]) remember(root, engine.name, await started(root, engine))
    })
  }
}

/** @param {string} root */
export async function down(root) {
  const running = Object.values(endpoints(root))
  for (const { pid } of running) process.kill(pid, 'SIGTERM')
  const deadline = performance.now() + patienceMs
  while (Object.keys(endpoints(root)).length > 0) {
    if (performance.now() > deadline) throw new StepFailed('Some engines do not end.', 1)
    await pause(50)
  }
  rmSync(fileOf(root), { force: true })
  console.error(`${running.length} stopped.`)
}

/**
 * What is running.
 * @param {string} root
 * @returns {Record<string, Running>}
 */
export function endpoints(root) {
  if (!existsSync(fileOf(root))) return {}
  /** @type {Record<string, Running>} */
  const noted = JSON.parse(readFileSync(fileOf(root), 'utf8'))
  return Object.fromEntries(Object.entries(noted).filter(([, engine]) => isAlive(engine)))
}

/** @param {import('./list.mjs').Engine} engine */
function hasTools({ is, tools }) {
  const missing = tools.filter(tool => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error)
  if (missing.length > 0) console.error(`Left out: ${is} needs ${missing.join(' and ')}.`)
  return missing.length === 0
}

/**
 * @param {string} root
 * @param {import('./list.mjs').Engine} engine
 * @returns {Promise<Running>}
 */
async function started(root, engine) {
  const folder = join(folderOf(root), engine.name)
  const port = await freePort()
  const { command, args, env = {} } = engine.start(folder, port)
  const log = openSync(join(folder, 'output.log'), 'w')
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  })
  child.unref()
  const ended = new Promise((_, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`it ended with ${code}`)))
  })
  try {
    await Promise.race([answers(port), ended])
  } catch (error) {
    if (child.exitCode === null) child.kill()
    throw new StepFailed(`${engine.is}: ${error}`, 1, readFileSync(join(folder, 'output.log'), 'utf8').slice(-4_000))
  }
  child.removeAllListeners()
  return {
    endpoint: `${engine.protocol}://127.0.0.1:${port}`,
    folder,
    pid: child.pid ?? 0,
    program: command,
    ...engine.more,
  }
}

/**
 * Each beside the others, since it mostly waits for a registry; then those that have the files of another one.
 * @param {string} root
 * @param {readonly import('./list.mjs').Engine[]} missing
 */
async function fetchAll(root, missing) {
  for (const some of [missing.filter(engine => !engine.sharesFiles), missing.filter(engine => engine.sharesFiles)]) {
    const ended = await Promise.allSettled(some.map(engine => fetched(root, engine)))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }
}

/**
 * @param {string} root
 * @param {import('./list.mjs').Engine} engine
 */
async function fetched(root, { name, version, fetch }) {
  const folder = join(folderOf(root), name)
  rmSync(folder, { recursive: true, force: true })
  await fetch(folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(markOf(root, name), version)
}

/**
 * @param {string} root
 * @param {import('./list.mjs').Engine} engine
 */
function isFetched(root, { name, version }) {
  const mark = markOf(root, name)
  return existsSync(mark) && readFileSync(mark, 'utf8') === version
}

/**
 * @param {string} root
 * @param {string} name
 */
function markOf(root, name) {
  return join(folderOf(root), name, 'version')
}

/**
 * @param {string} root
 * @param {string} name
 * @param {Running} engine
 */
function remember(root, name, engine) {
  mkdirSync(folderOf(root), { recursive: true })
  writeFileSync(fileOf(root), `${JSON.stringify({ ...endpoints(root), [name]: engine }, undefined, 2)}\n`)
}

/** Ids are used again, and somebody else's process must not be stopped. @param {Running} engine */
function isAlive({ pid, program }) {
  try {
    process.kill(pid, 0)
    const shown = execFileSync('ps', ['-p', String(pid), '-o', 'stat=,args='], { encoding: 'utf8' })
    return shown.includes(program) && !shown.startsWith('Z')
  } catch {
    return false
  }
}

/** @param {number} port */
async function answers(port) {
  const deadline = performance.now() + patienceMs
  while (!(await connects(port))) {
    if (performance.now() > deadline) throw new Error('it does not answer')
    await pause(100)
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function connects(port) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** @param {number} ms */
function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** @param {string} root */
function folderOf(root) {
  return join(root, '.groundplan', 'engines')
}

/** @param {string} root */
function fileOf(root) {
  return join(folderOf(root), 'running.json')
}
