/**
 * Runs other programs: one way for all scripts, so that exit codes and signals are always handed on.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @typedef {{ code: number, output: string }} Ended */

/** @type {NodeJS.Signals[]} */
const handedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program to its end. Signals that reach this process meanwhile are handed on to it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, capture?: boolean, env?: Record<string, string>, shell?: boolean }} options
 *   `capture` keeps what the program prints instead of showing it
 * @returns {Promise<Ended>} `code` is 128 + the signal's number for a program that a signal ended, as in a shell
 */
export function run(command, args, { cwd, capture = false, env = {}, shell = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    })
    const release = handOnSignals(child)
    const output = capture ? collect(child) : () => ''
    child.once('error', error => {
      release()
      reject(error)
    })
    child.once('close', (code, signal) => {
      release()
      resolve({ code: exitCode(code, signal), output: output() })
    })
  })
}

/**
 * Ctrl-C in a terminal reaches the whole process group, so the child has it already: a second one would
 * read as "stop at once". Every other signal reaches this process alone.
 * @param {import('node:child_process').ChildProcess} child
 */
function handOnSignals(child) {
  const handlers = handedOn.map(signal => {
    const handler = () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  return () => {
    for (const off of handlers) off()
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function collect(child) {
  /** @type {Buffer[]} */
  const chunks = []
  child.stdout?.on('data', chunk => chunks.push(chunk))
  child.stderr?.on('data', chunk => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCode(code, signal) {
  if (signal) return 128 + constants.signals[signal]
  return code ?? 1
}
