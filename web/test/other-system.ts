/**
 * The pages, as they are built for the repository, in front of a system that is not in it: its process, that of the pages
 * and one address for both, as `groundplan start` has it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, repository, start } from './running.ts'

export interface OtherSystem extends AsyncDisposable {
  /** Where pages and gateways are. */
  readonly url: string
  readonly running: Running
}

/** `from`: its folder in the repository. The pages must be built. */
export async function startOther(system: string, from: string): Promise<OtherSystem> {
  const folder = projectWith(system, from)
  const running = await start({ systems: [system, '--seed', '--no-web'], folder })
  const front = spawn(process.execPath, [join(repository, 'framework/bin/web-front.js'), task], {
    cwd: join(repository, 'web'),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  front.send({ address: running.url })
  const [{ port }] = await once(front, 'message')
  const server = await oneAddress(running.port, port)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // of a server that listens on a port
    running,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await ended(front)
      await running[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const task = JSON.stringify({ folder: join(repository, 'web'), dev: false })

function projectWith(system: string, from: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-other-')))
  cpSync(join(repository, from), join(folder, system), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(
    join(folder, 'groundplan.config.ts'),
    `import { config } from 'groundplan/config'
export default config({ systems: { ${system}: './${system}/plan.ts' } })
`,
  )
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** What begins with `/api/` goes to the systems, all else to the pages. */
async function oneAddress(systems: number, pages: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const port = url.startsWith('/api/') ? systems : pages
    // A connection of its own each: one that idled might be closed by the other side just when it is used again.
    const asked = request({ agent: false, host: '127.0.0.1', port, method, path: url, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    incoming.pipe(asked)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function ended(front: ChildProcess): Promise<void> {
  if (front.exitCode !== null || front.signalCode !== null) return
  front.kill('SIGKILL')
  await once(front, 'exit')
}
