/** The static checks: style (Biome) and types (TypeScript; pages have a configuration of their own). */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { StepFailed } from './progress.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'

/** @typedef {{ label: string, args: readonly string[] }} Check */

/**
 * @param {{ write?: boolean }} [options] `write` puts files into the project's style instead of complaining
 * @returns {Check[]}
 */
export function staticChecks({ write = false } = {}) {
  const style = [
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--error-on-warnings',
    ...(write ? ['--write'] : []),
    '.',
  ]
  const types = (/** @type {string} */ project, checkers = 1) => [
    ...['node_modules/typescript/bin/tsc', '--noEmit', '--project', project, '--checkers', String(checkers)],
  ]
  return [
    { label: 'Checking style (biome)', args: style },
    { label: 'Checking types (tsc)', args: types('.', manyCheckers()) },
    ...(existsSync(join(root, 'web')) ? [{ label: 'Checking types of the pages (tsc)', args: types('web') }] : []),
  ]
}

/** Each checks much of what the others check as well: half of the cores have one, the others have the other checks. */
function manyCheckers() {
  return Math.min(4, Math.ceil(availableParallelism() / 2))
}

/**
 * Runs checks side by side, a step each. What they complain of is printed when all have ended.
 * @param {string} root
 * @param {import('./progress.mjs').Progress} progress
 * @param {readonly Check[]} checks
 * @returns {Promise<boolean[]>} whether they passed
 */
export async function passes(root, progress, checks) {
  const ended = await Promise.allSettled(checks.map(check => progress.step(check.label, () => passed(root, check))))
  const failures = ended.map(each => (each.status === 'rejected' ? each.reason : undefined))
  for (const failure of failures) if (failure !== undefined) say(failure)
  return failures.map(failure => failure === undefined)
}

/**
 * @param {string} root
 * @param {Check} check
 */
async function passed(root, { args: [program = '', ...args] }) {
  const ended = await run(process.execPath, [join(root, program), ...args], { cwd: root, capture: true })
  if (ended.code !== 0) throw new StepFailed('', ended.code, ended.output)
}

/** @param {unknown} error that a step failed with */
export function say(error) {
  if (!(error instanceof StepFailed)) throw error
  process.stderr.write(`${[error.output.trimEnd(), error.message].filter(Boolean).join('\n')}\n`)
}
