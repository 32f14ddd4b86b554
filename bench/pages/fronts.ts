/**
 * Two fronts in folders of their own, below the repository, whose packages they use: counter with its pages, as `groundplan
 * start` runs it, and the plainest application of Next.js, as `next start` does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'

const repository = join(process.cwd(), '..')

export interface Started {
  readonly url: string
  stop(): Promise<void>
}

export interface Front {
  readonly name: string
  /** Its pages, by what they are called. */
  readonly pages: Readonly<Record<string, string>>
  /** Where its API is, if it has one. */
  readonly api?: string
  readonly folder: string
  /** From nothing: what was built is gone. */
  forget(): void
  /** Builds what has to be built, and starts; resolves when it listens. */
  start(): Promise<Started>
}

export function openFolder(): string {
  mkdirSync(join(repository, '.groundplan'), { recursive: true })
  return mkdtempSync(join(repository, '.groundplan', 'bench-pages-'))
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

function removing(folder: string, paths: readonly string[]): () => void {
  return () => {
    for (const path of paths) rmSync(join(folder, path), { recursive: true, force: true, maxRetries: 5 })
  }
}

// ---------- ours

export function ours(above: string): Front {
  const folder = join(above, 'ours')
  const isCopied = (path: string): boolean => !/node_modules|\.next|\.test\.|\/test(?:\/|$)/.test(path)
  for (const part of ['web', 'systems/counter']) {
    const filter = (path: string): boolean => isCopied(path.slice(repository.length))
    cpSync(join(repository, part), join(folder, part), { recursive: true, filter })
  }
  write(folder, {
    'package.json': '{ "private": true, "type": "module" }',
    'tsconfig.json': readFileSync(join(repository, 'tsconfig.json'), 'utf8'),
    'groundplan.config.ts': `import { config } from 'groundplan/config'
export default config({ systems: { counter: './systems/counter/plan.ts' }, web: './web' })\n`,
  })
  const next = join(folder, 'web/next.config.mjs')
  writeFileSync(next, readFileSync(next, 'utf8').replace("new URL('../'", "new URL('../../../../'"))
  return {
    name: 'groundplan start',
    pages: { home: '/', counter: '/counter' },
    api: '/api/counter/counter',
    folder,
    forget: removing(folder, ['web/.next', '.groundplan']),
    async start() {
      const port = await freePort()
      const program = join(repository, 'framework/bin/groundplan.js')
      return started(spawn(process.execPath, [program, 'start', '--port', String(port), '--json'], piped(folder)), port)
    },
  }
}

// ---------- the peer

const bareFiles: Readonly<Record<string, string>> = {
  'package.json': '{ "private": true, "type": "module" }',
  'next.config.mjs': `export default { turbopack: { root: ${JSON.stringify(repository)} } }\n`,
  'app/layout.jsx': `export const metadata = { title: 'Counter' }
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}\n`,
  'app/sell.jsx': `'use client'
import { useState } from 'react'
export function Sell({ left }) {
  const [count, set] = useState(left)
  return <main><h1>Cameras in stock</h1><p>{count}</p><button onClick={() => set(count - 1)}>A camera was sold</button></main>
}\n`,
  'app/page.jsx': `import { Sell } from './sell.jsx'
export const dynamic = 'force-dynamic'
export default function Page() {
  return <Sell left={1000} />
}\n`,
}

/** One page with a heading, a number and a button: no styles, no data, nothing behind it. */
export function bare(above: string): Front {
  const folder = join(above, 'bare')
  write(folder, bareFiles)
  const program = createRequire(join(repository, 'web/package.json')).resolve('next/dist/bin/next')
  let built = false
  return {
    name: 'next start, a bare page',
    pages: { page: '/' },
    folder,
    forget() {
      removing(folder, ['.next'])()
      built = false
    },
    async start() {
      if (!built) await once(spawn(process.execPath, [program, 'build'], piped(folder)).on('error', fail), 'exit')
      built = true
      const port = await freePort()
      const args = [program, 'start', '--port', String(port), '--hostname', '127.0.0.1']
      return started(spawn(process.execPath, args, piped(folder)), port)
    },
  }
}

function fail(error: Error): never {
  throw error
}

// ---------- processes

function piped(cwd: string) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  return { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
}

/** Resolves when it takes connections: what it answers is measured by who asked for it. */
async function started(child: ChildProcess, port: number): Promise<Started> {
  const url = `http://127.0.0.1:${port}`
  const ended = once(child, 'exit')
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error('It ended before it listened')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
