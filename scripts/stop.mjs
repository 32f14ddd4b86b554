/** `npm run stop`: asks what `npm start` started in this folder to end, and waits until it has. */
import { requireNode } from './lib/node.mjs'
import { root } from './lib/root.mjs'
import { running } from './lib/running.mjs'

const patienceMs = 30_000

async function main() {
  const ids = running(root)
  if (ids.length === 0) return console.error('Nothing is running here.')
  for (const id of ids) process.kill(id, 'SIGTERM')
  const left = await untilGone(performance.now() + patienceMs)
  if (left.length === 0) return console.error('Stopped.')
  console.error(
    `Still running after ${patienceMs / 1000} s: process ${left.join(', ')}. End it with: kill -9 ${left.join(' ')}`,
  )
  process.exitCode = 1
}

/**
 * @param {number} deadline
 * @returns {Promise<number[]>} what still runs
 */
async function untilGone(deadline) {
  const left = running(root)
  if (left.length === 0 || performance.now() > deadline) return left
  await new Promise(resolve => setTimeout(resolve, 100))
  return untilGone(deadline)
}

requireNode()
main()
