/**
 * What `npm start` and `npm run dev` share: install what is missing, build what changed, run the command until it ends.
 * Sample data is filled in, once for each data folder; `--no-seed` leaves it out.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { prepare } from './prepare.mjs'
import { StepFailed } from './progress.mjs'
import { run } from './run.mjs'
import { noteRunning } from './running.mjs'

const program = 'framework/dist/cli/main.js'

/**
 * @param {string} root
 * @param {'start' | 'dev'} command
 * @param {readonly string[]} options those of `groundplan start`
 */
export async function serve(root, command, options) {
  await prepare(root)
  if (!existsSync(join(root, program))) throw new StepFailed(`There is no ${program}: the build did not make one.`, 1)
  const seed = options.some(each => each === '--seed' || each === '--no-seed') ? [] : ['--seed']
  const forget = noteRunning(root)
  try {
    const ended = await run(process.execPath, [join(root, program), command, ...options, ...seed], { cwd: root })
    process.exitCode = ended.code
  } finally {
    forget()
  }
}
