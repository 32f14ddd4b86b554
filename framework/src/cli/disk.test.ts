import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram, type Running, ran, serving } from './test/process.ts'
import { testProject } from './test/project.ts'

const running: Running[] = []
const undo: (() => void)[] = []

beforeAll(buildProgram, 120_000)

afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGKILL')
    await ended
  }
  for (const each of undo.splice(0).reverse()) each()
})

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-data-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function start(...args: readonly string[]): Promise<Running> {
  const started = await serving(['start', ...args])
  running.push(started)
  return started
}

async function left(url: string): Promise<unknown> {
  const counter: unknown = await (await fetch(`${url}/api/counter/counter`)).json()
  return counter
}

const sell = (url: string): Promise<Response> => fetch(`${url}/api/counter/decrement`, { method: 'POST' })

/** A disk of a few KB, or one that cannot be written: a file system in memory, which root may mount. */
function mounted(options: string): string {
  const folder = temporary()
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder])
  undo.push(() => execFileSync('umount', [folder]))
  return folder
}

const isRoot = process.getuid?.() === 0

/** A shop whose sample data are one camera. */
const sown = {
  'groundplan.config.ts': `import { config } from 'groundplan/config'
export default config({ systems: { shop: './shop/plan.ts' } })
`,
  'shop/plan.ts': `import { anyone, endpoint, gateway, plan, problem, service, table } from 'groundplan'
import { z } from 'zod'
const Product = z.object({ product: z.string(), left: z.int() })
export const stock = table('stock', { item: Product, key: ['product'] })
const sell = endpoint('POST /sales', {
  summary: 'Sells a camera',
  caller: anyone,
  returns: Product,
  fails: { 'sold-out': 409 },
  uses: { stock: stock.writer },
  handle: (_call, { stock }) =>
    stock.add({ product: 'camera' }, { left: -1 }, { floor: 0 }).or(problem('sold-out', 'All are sold')),
})
export default plan('shop', { gateways: { api: gateway(service('server', { sell })) } })
`,
  'shop/seed.ts': `import { seed } from 'groundplan'
import { stock } from './plan.ts'
export default seed({
  uses: { stock: stock.writer },
  async handle(_call, { stock }) {
    await stock.put({ product: 'camera', left: 1 })
    return ['the last camera is there']
  },
})
`,
}

describe('A system on disk', { timeout: 60_000 }, () => {
  it('C14: has after kill -9 and a new start what was acknowledged before', async () => {
    const data = temporary()
    const first = await start('counter', '--data', data)
    await sell(first.url)
    expect(await (await sell(first.url)).json()).toEqual({ product: 'camera', left: 998 })
    first.process.kill('SIGKILL')
    expect(await first.ended).toEqual([null, 'SIGKILL'])
    const { url } = await start('counter', '--data', data)
    expect(await left(url)).toEqual({ product: 'camera', left: 998 })
  })

  it('is for one process: a second one names the folder, the other process and the ways out, whatever port it asks for', async () => {
    const data = temporary()
    const first = await start('counter', '--data', data)
    for (const port of ['0', new URL(first.url).port]) {
      const second = await ran(['start', 'counter', '--data', data, '--port', port])
      expect(second.code).toBe(1)
      expect(second.text).toContain(
        `error Process ${first.process.pid} is using the data in "${join(data, 'data/counter')}"`,
      )
      expect(second.text).toContain(`kill ${first.process.pid}`)
      expect(second.text).toContain('--data .groundplan/second --port 0')
    }
    expect(await left(first.url)).toEqual({ product: 'camera', left: 1000 })
  })

  it('may stand in another folder, beside the first', async () => {
    const [one, two] = [await start('counter', '--data', temporary()), await start('counter', '--data', temporary())]
    await sell(one.url)
    expect(await left(two.url)).toEqual({ product: 'camera', left: 1000 })
  })

  it('sows its sample data once for each folder, and says every time what its seed said', async () => {
    using project = testProject(sown)
    const start = async (): Promise<Running> => {
      const started = await serving(['start', '--seed'], { cwd: project.root })
      running.push(started)
      return started
    }
    const said = ({ lines }: Running) => lines().find(({ event }) => event === 'ready')?.seeds
    const first = await start()
    expect(said(first)).toEqual({ shop: ['the last camera is there'] })
    const buy = async ({ url }: Running) => (await fetch(`${url}/api/shop/sales`, { method: 'POST' })).status
    expect(await buy(first)).toBe(200)
    first.process.kill('SIGTERM')
    await first.ended
    const again = await start()
    expect(said(again)).toEqual(said(first))
    expect(await buy(again)).toBe(409)
  })
})

describe('A disk that cannot be used', { timeout: 60_000 }, () => {
  it.skipIf(!isRoot)(
    'is called full when it is, with a way out and exit code 1 (root mounts a disk of 40 KB)',
    async () => {
      const data = mounted('size=40k')
      const { code, text } = await ran(['start', 'counter', '--data', data, '--port', '0'])
      expect(text).toMatch(
        /^error The disk of .* is full: \d+ KB are left\n {2}→ make room on it, or .*--data <folder>\n$/,
      )
      expect(code).toBe(1)
    },
  )

  it('is called read-only when it is, and left as it was', async () => {
    const data = isRoot ? mounted('ro') : temporary()
    if (!isRoot) {
      chmodSync(data, 0o500)
      undo.push(() => chmodSync(data, 0o700))
    }
    const { code, text } = await ran(['start', 'counter', '--data', data, '--port', '0'])
    expect(text).toMatch(
      /^error .* cannot be written: .*\n {2}→ give this user the right to write it, or .*--data <folder>\n$/,
    )
    expect(code).toBe(1)
    expect(readdirSync(data)).toEqual([])
  })

  it.each([
    ['a file of another program', () => Buffer.from('these are not the data you are looking for\n'.repeat(500))],
    ['its own data, cut off', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    [
      'its own data with a page overwritten',
      (whole: Buffer) => Buffer.concat([whole.subarray(0, 10), Buffer.alloc(8192, 7), whole.subarray(8202)]),
    ],
  ])('is left as it is when there is %s', async (_what, damaged) => {
    const data = temporary()
    const first = await start('counter', '--data', data)
    await sell(first.url)
    first.process.kill('SIGTERM')
    await first.ended
    const file = join(data, 'data/counter/data.mdb')
    const content = damaged(readFileSync(file))
    writeFileSync(file, content)
    const { code, text } = await ran(['start', 'counter', '--data', data, '--port', '0'])
    expect(text).toMatch(/^error data-damaged: .*data\/counter.*\n {2}→ put back a copy .*--data <other folder>\n/)
    expect(code).toBe(1)
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  it('is refused when the folder of its data is a file', async () => {
    const data = temporary()
    mkdirSync(join(data, 'data'))
    writeFileSync(join(data, 'data/counter'), 'precious')
    const { code, text } = await ran(['start', 'counter', '--data', data, '--port', '0'])
    expect(text).toMatch(/^error engine-unavailable: .*data\/counter.*\n {2}→ .*--data <folder>\n$/)
    expect(code).toBe(1)
    expect(readFileSync(join(data, 'data/counter'), 'utf8')).toBe('precious')
  })
})

const slow = {
  'groundplan.config.ts': `import { config } from 'groundplan/config'
export default config({ systems: { slow: './slow/plan.ts' } })
`,
  'slow/plan.ts': `import { anyone, consumer, endpoint, gateway, plan, queue, service, table } from 'groundplan'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
const Job = z.object({ id: z.string(), ms: z.int() })
const jobs = queue('jobs', { message: Job })
const done = table('done', { item: z.object({ id: z.string() }), key: ['id'] })
const wait = endpoint('POST /wait', {
  summary: 'Takes its time',
  caller: anyone,
  body: Job,
  returns: Job,
  handle: async ({ body }) => {
    await setTimeout(body.ms)
    return body
  },
})
const send = endpoint('POST /jobs', {
  summary: 'Sends a job',
  caller: anyone,
  body: Job,
  returns: Job,
  uses: { jobs: jobs.sender },
  handle: async ({ body }, { jobs }) => {
    await jobs.send(body)
    return body
  },
})
const has = endpoint('GET /done/:id', {
  summary: 'Whether a job is done',
  caller: anyone,
  returns: z.object({ done: z.boolean() }),
  uses: { done: done.reader },
  handle: async ({ params }, { done }) => ({ done: (await done.get({ id: params.id })) !== undefined }),
})
const work = consumer(jobs, {
  uses: { done: done.writer },
  handle: async ({ message, signal }, { done }) => {
    console.log(JSON.stringify({ event: 'working', id: message.id }))
    await setTimeout(message.ms, undefined, { signal })
    await done.put({ id: message.id })
  },
})
export default plan('slow', { gateways: { api: gateway(service('server', { wait, send, has, work })) } })
`,
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

describe('A stop', { timeout: 60_000 }, () => {
  it('lets what runs finish, hands back what would take too long, and ends with 0 within 10 seconds', async () => {
    using project = testProject(slow)
    const serve = async (): Promise<Running> => {
      const started = await serving(['start'], { cwd: project.root })
      running.push(started)
      return started
    }
    const first = await serve()
    await post(`${first.url}/api/slow/jobs`, { id: 'long', ms: 12_000 })
    await expect.poll(() => first.text(), { timeout: 10_000 }).toContain('"working"')
    const waiting = post(`${first.url}/api/slow/wait`, { id: 'short', ms: 1_000 })
    // It has been received once a request sent after it was answered on the same connection's pool.
    await fetch(`${first.url}/api/slow/done/nothing`)
    const began = performance.now()
    first.process.kill('SIGINT')
    expect((await waiting).status).toBe(200)
    expect(await first.ended).toEqual([0, null])
    expect(performance.now() - began).toBeLessThan(10_000)
    const second = await serve()
    await expect.poll(() => second.text(), { timeout: 20_000 }).toContain('"working"')
  })
})
