/**
 * Claim: from the command to the first good answer of a system on disk in less than 300 ms, with less than 120 MB.
 * Beside it, what a bare server of Node and one of Fastify with the same answer take, without keeping anything.
 *
 * Each start is a process of its own, in rounds that take turns; the disk is warm after the first. `cpu` is what the
 * process had used when the answer came: the figure to trust on a machine that others use.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = Number(process.argv.find(argument => argument.startsWith('--rounds='))?.slice(9) ?? 11)
const repository = join(process.cwd(), '..')
const data = mkdtempSync(join(tmpdir(), 'groundplan-bench-'))

/** Says where it listens as `groundplan start --json` does. */
const said = `console.log(JSON.stringify({ event: 'ready', url: 'http://127.0.0.1:' + port }))`
const answer = `{ product: 'camera', left: 1000 }`

const bare = `import { createServer } from 'node:http'
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(${answer}))
}).listen(0, '127.0.0.1', () => { const { port } = server.address(); ${said} })`

const fastify = `import fastify from 'fastify'
const app = fastify()
const response = { 200: { type: 'object', properties: { product: { type: 'string' }, left: { type: 'integer' } } } }
app.get('/api/counter/counter', { schema: { response } }, async () => (${answer}))
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address()
${said}`

const groundplan = ['start', 'counter', '--no-web', '--port', '0', '--json', '--data', data]

interface Starter {
  readonly name: string
  start(): ChildProcess
}

const script = (text: string) => (): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '--eval', text], { stdio: ['ignore', 'pipe', 'inherit'] })

const starters: readonly Starter[] = [
  { name: 'bare `node:http`', start: script(bare) },
  { name: 'Fastify', start: script(fastify) },
  {
    name: 'groundplan, on disk',
    start: () =>
      spawn(process.execPath, [join(repository, 'framework/bin/groundplan.js'), ...groundplan], {
        cwd: repository,
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
  },
]

interface Taken {
  readonly ms: number
  readonly cpuMs: number
  readonly mb: number
}

/** From the command to the first good answer. */
async function taken({ name, start }: Starter): Promise<Taken> {
  const began = performance.now()
  const child = start()
  const url = await addressOf(child)
  const found = await fetch(`${url}/api/counter/counter`)
  const body = await found.text()
  const ms = performance.now() - began
  if (found.status !== 200 || !body.includes('camera')) throw new Error(`${name} answered ${found.status}: ${body}`)
  const used = { ms, ...usedBy(child.pid ?? 0) }
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  return used
}

function addressOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stdout?.on('data', chunk => {
      text += String(chunk)
      const url = /"url":"(http:[^"]+)"/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    stdout?.on('end', () => reject(new Error(`it ended before it was ready: ${text}`)))
  })
}

/** As Linux counts it: hundredths of a second, and pages in memory. */
function usedBy(pid: number): Pick<Taken, 'cpuMs' | 'mb'> {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, mb: Number(resident) / 1_024 }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

try {
  const runs = new Map(starters.map(({ name }) => [name, [] as Taken[]]))
  for (const starter of starters) await taken(starter) // warms the disk
  for (let round = 0; round < rounds; round++) {
    for (const starter of starters) runs.get(starter.name)?.push(await taken(starter))
  }
  console.log(
    `| command → first good answer, ${rounds} rounds | median | fastest | cpu | memory |\n|---|---|---|---|---|`,
  )
  for (const [name, all] of runs) {
    const ms = all.map(({ ms }) => ms)
    const cells = [
      `${median(ms).toFixed(0)} ms`,
      `${Math.min(...ms).toFixed(0)} ms`,
      `${median(all.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms`,
      `${median(all.map(({ mb }) => mb)).toFixed(0)} MB`,
    ]
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
} finally {
  rmSync(data, { recursive: true, force: true })
}
