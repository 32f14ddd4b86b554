/** `npm run build`: installs what is missing, builds what changed. */
import { requireNode } from './lib/node.mjs'
import { prepare } from './lib/prepare.mjs'
import { report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

async function main() {
  const worked = await prepare(root)
  if (!worked) console.error('Everything is built already.')
}

requireNode()
main().catch(report)
