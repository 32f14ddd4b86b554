/**
 * `npm start`: installs what is missing, builds what changed, and starts everything. Options after `--` go to
 * `groundplan start`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './lib/node.mjs'
import { prepare } from './lib/prepare.mjs'
import { report, StepFailed } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { run } from './lib/run.mjs'
import { noteRunning } from './lib/running.mjs'

const program = 'framework/dist/cli/main.js'

async function main() {
  await prepare(root)
  if (!existsSync(join(root, program))) throw new StepFailed(`There is no ${program}: the build did not make one.`, 1)
  const forget = noteRunning(root)
  try {
    const ended = await run(process.execPath, [join(root, program), 'start', ...process.argv.slice(2)], { cwd: root })
    process.exitCode = ended.code
  } finally {
    forget()
  }
}

requireNode()
main().catch(report)
