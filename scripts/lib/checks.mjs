/** The static checks: style (Biome) and types (TypeScript; pages have a configuration of their own). */
import { existsSync } from 'node:fs'
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
  const types = ['node_modules/typescript/bin/tsc', '--noEmit', '--project']
  return [
    { label: 'Checking style (biome)', args: style },
    { label: 'Checking types (tsc)', args: [...types, '.'] },
    ...(existsSync(join(root, 'web')) ? [{ label: 'Checking types of the pages (tsc)', args: [...types, 'web'] }] : []),
  ]
}

/**
 * Runs one check as a step.
 * @param {string} root
 * @param {import('./progress.mjs').Progress} progress
 * @param {Check} check
 * @returns {Promise<boolean>} whether it passed; what it complains of is printed
 */
export function passes(root, progress, { label, args: [program = '', ...args] }) {
  return attempt(() =>
    progress.step(label, async () => {
      const ended = await run(process.execPath, [join(root, program), ...args], { cwd: root, capture: true })
      if (ended.code !== 0) throw new StepFailed('', ended.code, ended.output)
    }),
  )
}

/**
 * Does work that may fail as a step fails, and prints why instead of stopping.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function attempt(work) {
  try {
    await work()
    return true
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    process.stderr.write(`${[error.output.trimEnd(), error.message].filter(Boolean).join('\n')}\n`)
    return false
  }
}
