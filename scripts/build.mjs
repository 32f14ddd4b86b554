/** `npm run build`: installs what is missing, builds what changed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './lib/node.mjs'
import { prepare } from './lib/prepare.mjs'
import { report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

async function main() {
  const prepared = await prepare(root)
  const built = existsSync(join(root, 'web')) && (await buildPages())
  if (!prepared && !built) console.error('Everything is built already.')
}

async function buildPages() {
  const { buildFront } = await import(String(new URL('../framework/dist/cli/web/join.js', import.meta.url)))
  return buildFront(root, 'web', (/** @type {string} */ text) => process.stderr.write(text))
}

requireNode()
main().catch(report)
