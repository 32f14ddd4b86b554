/** `npm run check`: style and types. With `--write`, files are put into the project's style. */
import { passes, staticChecks } from './lib/checks.mjs'
import { requireNode } from './lib/node.mjs'
import { prepareTools } from './lib/prepare.mjs'
import { createProgress, report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

async function main() {
  await prepareTools(root)
  const checks = staticChecks({ write: process.argv.includes('--write') })
  const progress = createProgress(checks.length)
  const passed = await passes(root, progress, checks)
  if (passed.includes(false)) process.exitCode = 1
}

requireNode()
main().catch(report)
