/**
 * Nothing that is run here tells anybody: every address that a process asks the kernel to reach is noted (strace), from the
 * building of the pages to their serving, and by the tools of the repository. Only this machine may be among them.
 */
import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, repository } from './running.ts'

const stracePath = ['/usr/bin/strace', '/usr/local/bin/strace'].find(path => existsSync(path))
if (stracePath === undefined) console.warn('SKIPPED: no strace was found; nobody watches what processes reach for')

/** Addresses in what strace wrote, `host:port`; those of files (Unix sockets) are not among them. */
function reached(text: string): readonly string[] {
  const four = [...text.matchAll(/sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/g)]
  const six = [...text.matchAll(/sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/g)]
  return [...new Set([...four, ...six].map(([, port, host]) => `${host}:${port}`))]
}

function isElsewhere(address: string): boolean {
  return !/^(?:127\.|::1:|::ffff:127\.)/.test(address)
}

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "private": true, "type": "module" }',
  'groundplan.config.ts': `import { config } from 'groundplan/config'
export default config({ systems: { shop: './shop/plan.ts' }, web: './web' })\n`,
  'shop/plan.ts': `import { anyone, endpoint, gateway, plan, service } from 'groundplan'
import { z } from 'zod'
const hello = endpoint('GET /hello', { summary: 'Says hello', caller: anyone, returns: z.string(), handle: () => 'hello' })
export default plan('shop', { gateways: { api: gateway(service('server', { hello })) } })\n`,
  'web/package.json': '{ "private": true, "type": "module" }',
  'web/next.config.mjs': `export default { turbopack: { root: ${JSON.stringify(repository)} } }\n`,
  'web/app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}\n`,
  'web/app/page.js': `export const dynamic = 'force-dynamic'
export default async function Page() {
  const answer = await fetch(\`\${process.env.GROUNDPLAN_ADDRESS}/api/shop/hello\`)
  return await answer.json()
}\n`,
  'one.test.mjs': `import { expect, it } from 'vitest'\nit('counts', () => expect(1 + 1).toBe(2))\n`,
}

it('finds an address that is not of this machine in what strace writes', () => {
  const lines = [
    '12 connect(19, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)',
    '12 connect(20, {sa_family=AF_INET, sin_port=htons(7400), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    '13 connect(21, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("203.0.113.7")}, 16) = -1 EINPROGRESS',
    '13 connect(22, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::7", &sin6_addr), sin6_scope_id=0}, 28) = 0',
    '14 sendto(23, "..", 28, MSG_NOSIGNAL, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("203.0.113.53")}, 16) = 28',
  ]
  expect(reached(lines.join('\n')).filter(isElsewhere)).toEqual([
    ...['203.0.113.7:443', '203.0.113.53:53', '2001:db8::7:443'],
  ])
})

describe.skipIf(stracePath === undefined)('nothing but this machine is reached', { timeout: 300_000 }, () => {
  let folder: string

  beforeAll(async () => {
    await buildCommand()
    mkdirSync(join(repository, '.groundplan'), { recursive: true })
    // Below the repository, since Next looks for its packages in the folders above.
    folder = mkdtempSync(join(repository, '.groundplan', 'quiet-'))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

  /** As a person's shell has it: nothing that tells a tool to be quiet, and nothing of this test's. */
  const environment = (): NodeJS.ProcessEnv => {
    const kept = Object.entries(process.env).filter(([name]) => /^(?:PATH|HOME|LANG|TMPDIR)$/.test(name))
    return { ...Object.fromEntries(kept), NODE_ENV: 'development' }
  }

  function watched(name: string, args: readonly string[], options: SpawnOptions = {}) {
    const log = join(folder, `${name}.strace`)
    const calls = ['-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-e', 'signal=none', '-qq']
    const all = ['-f', '--seccomp-bpf', ...calls, '-o', log, process.execPath, ...args]
    const child = spawn(stracePath ?? 'strace', all, { cwd: folder, env: environment(), ...options })
    return { child, seen: () => reached(readFileSync(log, 'utf8')) }
  }

  const program = join(repository, 'framework/bin/groundplan.js')

  /** Serves until the page was seen; gives all that was reached, by it and by what it started. */
  async function served(command: 'start' | 'dev'): Promise<readonly string[]> {
    const args = [program, command, '--port', '0', '--data', join(folder, `${command}-data`), '--json']
    const { child, seen } = watched(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout?.on('data', piece => {
      said += piece
    })
    const ended = once(child, 'exit')
    const readyUrl = (): string => /"event":"ready","url":"([^"]+)"/.exec(said)?.[1] ?? ''
    await expect.poll(readyUrl, { timeout: 180_000 }).not.toBe('')
    const page = async (): Promise<string> => (await fetch(readyUrl(), { headers: { accept: 'text/html' } })).text()
    await expect.poll(page, { timeout: 120_000, interval: 500 }).toContain('hello')
    const traced = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    process.kill(Number.parseInt(traced, 10), 'SIGTERM')
    await ended
    return seen()
  }

  it.each(['start', 'dev'] as const)('by `groundplan %s`, with the pages', async command => {
    const seen = await served(command)
    // The page asked the system: strace does see what is reached.
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter(isElsewhere)).toEqual([])
  })

  it.each([
    ['vitest', ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', 'one.test.mjs']],
    ['biome', ['node_modules/@biomejs/biome/bin/biome', 'check', '--config-path', '.', 'web/app/page.js']],
    ['the type checker', ['node_modules/typescript/bin/tsc', '--version']],
  ])('by %s', async (name, [path = '', ...args]) => {
    const { child, seen } = watched(name.replaceAll(' ', '-'), [join(repository, path), ...args], { stdio: 'ignore' })
    await once(child, 'exit')
    expect(seen().filter(isElsewhere)).toEqual([])
  })
})
