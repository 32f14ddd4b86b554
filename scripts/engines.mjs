/**
 * `npm run engines -- up | down | status`: the stand-ins that the drivers are tested against, none of them ours. They are
 * fetched once by the clients of their registries, and run on ports of this machine until `down`. Everything of theirs
 * is in .groundplan/engines, which may be removed at any time while they are down.
 *
 * `up a b` starts those alone. What a machine lacks the tools for is named and left out, and the exit code is 0: the
 * tests that need it say so and are skipped.
 */
import { down, endpoints, up } from './lib/engines/engines.mjs'
import { requireNode } from './lib/node.mjs'
import { report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

const usage = 'Usage: npm run engines -- up [name …] | down | status'

async function main() {
  const [command, ...names] = process.argv.slice(2)
  if (command === 'up') await up(root, names)
  else if (command === 'down') await down(root)
  else if (command === 'status') show()
  else {
    console.error(usage)
    process.exitCode = 64
  }
}

function show() {
  const running = Object.entries(endpoints(root))
  if (running.length === 0) return console.log('No engine is running. Start them with: npm run engines -- up')
  for (const [name, { endpoint }] of running) console.log(`${name.padEnd(10)} ${endpoint}`)
}

requireNode()
main().catch(report)
