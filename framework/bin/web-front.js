/**
 * The process of the web front: a Next.js application on a port of this machine alone. `groundplan start` runs it, hands
 * on what browsers ask, and stops it; `framework/src/cli/web/child.ts` is the other side of the conversation.
 *
 * It is told two things: at its beginning what to serve, and later, as a message, where the systems are. It says one:
 * the port it listens on. It ends with its parent, however that ended: the channel between them closes.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {{ folder: string, dev: boolean }} Task what to serve, as JSON in the first argument */

process.once('disconnect', () => process.exit(0))
// A terminal sends Ctrl-C to everybody. The parent decides: pages stay up while calls finish.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})

/** @type {Task} */
const { folder, dev } = JSON.parse(process.argv[2] ?? '{}')
const located = new Promise(resolve => {
  process.on('message', message => {
    process.env.GROUNDPLAN_ADDRESS = message.address
    resolve(undefined)
  })
})

if (dev) await import('./quiet-next.js')

const { default: next } = await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('next')).href)
const app = next({ dir: folder, dev, hostname: '127.0.0.1', port: 0 })
await Promise.all([app.prepare(), located])

const answer = app.getRequestHandler()
const server = createServer((request, response) => void answer(request, response))
// Longer than the parent keeps a connection that nobody uses: it is the parent that closes them.
server.keepAliveTimeout = 120_000
if (dev) {
  const upgrade = app.getUpgradeHandler()
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head))
}
process.once('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
