import { createServer } from 'node:net'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, describe, expect, it } from 'vitest'
import type { UploadCredentials } from '../plan/bucket.ts'
import { run } from './run.ts'
import { shopFiles, type TestProject, testProject } from './test/project.ts'
import { type TestTerminal, testTerminal } from './test/terminal.ts'

interface Started {
  readonly project: TestProject
  readonly terminal: TestTerminal
  readonly ended: Promise<number>
}

const open: Started[] = []

afterEach(async () => {
  for (const { project, terminal, ended } of open.splice(0)) {
    terminal.signal('SIGTERM')
    await ended
    project[Symbol.dispose]()
  }
})

function start(args: readonly string[], files: Readonly<Record<string, string>> = shopFiles): Started {
  const project = testProject(files)
  const terminal = testTerminal({ folder: project.root })
  const started = { project, terminal, ended: run(['start', '--port', '0', ...args], terminal) }
  open.push(started)
  return started
}

/** The address, once it is ready; rejects when the command ends before. */
async function ready({ terminal, ended }: Started): Promise<string> {
  const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(terminal.said())?.[0]
  const early = ended.then(code => {
    throw new Error(`ended with ${code}: ${terminal.said()}${terminal.complained()}`)
  })
  await Promise.race([early, expect.poll(address, { timeout: 30_000 }).toBeDefined()])
  return address() ?? ''
}

async function stop({ terminal, ended }: Started): Promise<number> {
  terminal.signal('SIGTERM')
  return ended
}

const withSeed = {
  ...shopFiles,
  'shop/seed.ts': `import { seed } from 'groundplan'
import { products } from './model.ts'
export default seed({
  uses: { products: products.writer },
  async handle(_call, { products }) {
    await products.put({ productId: 'seeded' })
    return ['a key: 123']
  },
})
`,
}

const withBucket = {
  ...shopFiles,
  'shop/plan.ts': `import { anyone, bucket, endpoint, gateway, plan, service } from 'groundplan'
import { z } from 'zod'
const notes = bucket('notes')
const links = endpoint('GET /links/:way', {
  summary: 'A link',
  caller: anyone,
  returns: z.object({ link: z.string() }),
  uses: { notes: notes.writer },
  handle: async ({ params }, { notes }) => ({
    link: params.way === 'put' ? await notes.uploadLink('note', { type: 'text/plain' }) : await notes.link('note'),
  }),
})
export default plan('shop', { gateways: { api: gateway(service('server', { links })) } })
`,
}

const withUploads = {
  ...shopFiles,
  'shop/plan.ts': `import { anyone, bucket, endpoint, gateway, plan, service } from 'groundplan'
import { z } from 'zod'
const films = bucket('films')
const upload = endpoint('POST /uploads', {
  summary: 'Credentials to upload',
  caller: anyone,
  returns: z.any(),
  uses: { films: films.uploader },
  handle: (_call, { films }) => films.credentials('films/'),
})
const show = endpoint('GET /films', {
  summary: 'What was uploaded',
  caller: anyone,
  returns: z.array(z.object({ key: z.string(), bytes: z.number() })),
  uses: { films: films.reader },
  handle: async (_call, { films }) => [...(await films.list()).objects],
})
export default plan('shop', { gateways: { api: gateway(service('server', { upload, show })) } })
`,
}

describe('groundplan start', { timeout: 60_000 }, () => {
  it('serves plans, says where, and stops at a signal with 0', async () => {
    const started = start([])
    const url = await ready(started)
    const answer = await fetch(`${url}/api/shop/products/camera`)
    expect(await answer.json()).toEqual({ productId: 'camera' })
    expect(await stop(started)).toBe(0)
    const said = started.terminal.said()
    expect(said).toContain(`Groundplan is ready at ${url}`)
    expect(said).toContain(`shop api  ${url}/api/shop/docs`)
    expect(said).toContain('Kept in .groundplan. Ctrl-C stops it.')
    expect(said).toMatch(/Stopping: .*\nStopped\.\n$/)
    expect(started.terminal.complained()).toBe('')
    await expect(fetch(url)).rejects.toThrow()
    expect(started.terminal.listeners()).toBe(0)
  })

  it('says everything as lines of JSON to a machine', async () => {
    const started = start(['--json', '--seed'], withSeed)
    const url = await ready(started)
    expect(await stop(started)).toBe(0)
    const lines: unknown[] = started.terminal
      .said()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines).toMatchObject([
      {
        event: 'ready',
        url,
        data: join(started.project.root, '.groundplan'),
        unsown: [],
        systems: [
          {
            name: 'shop',
            gateways: [{ name: 'api', url: `${url}/api/shop`, docs: `${url}/api/shop/docs`, endpoints: 1 }],
          },
        ],
        seeds: { shop: ['a key: 123'] },
        tookMs: expect.any(Number),
      },
      { event: 'stopping', why: 'SIGTERM' },
      { event: 'stopped', left: [] },
    ])
  })

  it('shows what runs at the root, and refuses what is nowhere with a problem', async () => {
    const url = await ready(start([]))
    const page = await fetch(`${url}/`)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toContain('<a href="/api/shop/docs">api</a>')
    expect((await fetch(`${url}/`, { method: 'HEAD' })).status).toBe(200)
    for (const [path, init] of [
      ['/nowhere', {}],
      ['/', { method: 'POST' }],
    ] as const) {
      const refused = await fetch(url + path, init)
      expect(refused.status).toBe(404)
      expect(refused.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('puts one gateway at the root with --mount /', async () => {
    const url = await ready(start(['shop', '--mount', '/']))
    expect(await (await fetch(`${url}/products/camera`)).json()).toEqual({ productId: 'camera' })
    expect(await (await fetch(url)).text()).toContain('<a href="/docs">api</a>')
  })

  it('answers links to objects at its own address, also where the port was any that was free', async () => {
    const url = await ready(start([], withBucket))
    const link = async (way: string): Promise<string> => {
      const answer = (await (await fetch(`${url}/api/shop/links/${way}`)).json()) as { link: string }
      return answer.link
    }
    const put = await link('put')
    expect(put.startsWith(`${url}/links/shop?`)).toBe(true)
    const large = Buffer.alloc(3_000_000, 'groundplan ')
    const stored = await fetch(put, { method: 'PUT', body: large, headers: { 'content-type': 'text/plain' } })
    expect(stored.status).toBe(200)
    const got = await fetch(await link('get'), { headers: { range: 'bytes=11-20' } })
    expect([got.status, await got.text()]).toEqual([206, 'groundplan'])
    const whole = Buffer.from(await (await fetch(await link('get'))).arrayBuffer())
    expect(whole.equals(large)).toBe(true)
    expect(
      (await fetch(put.replace('shop?', 'shop?x=1&').replace('key=note', 'key=other'), { method: 'PUT', body: 'x' }))
        .status,
    ).toBe(403)
    expect((await fetch(put.replace('/links/shop', '/links/other'))).status).toBe(404)
  })

  it.each([
    ['at its own address', [], '/api/shop'],
    ['beside a gateway at the root', ['shop', '--mount', '/'], ''],
  ])('takes what an S3 client uploads by credentials, %s', async (_where, arguments_, base) => {
    const url = await ready(start(arguments_, withUploads))
    const asked = await fetch(`${url}${base}/uploads`, { method: 'POST' })
    const { endpoint, region, forcePathStyle, bucket, ...credentials } = (await asked.json()) as UploadCredentials
    expect({ endpoint, bucket }).toEqual({ endpoint: url, bucket: 'shop_films' })
    const client = new S3Client({ endpoint, region, forcePathStyle, credentials, maxAttempts: 1 })
    const Body = Buffer.alloc(3_000_000, 'groundplan ')
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'films/a', Body }))
    const elsewhere = new PutObjectCommand({ Bucket: bucket, Key: 'a', Body })
    await expect(client.send(elsewhere)).rejects.toMatchObject({ name: 'AccessDenied' })
    client.destroy()
    expect(await (await fetch(`${url}${base}/films`)).json()).toEqual([{ key: 'films/a', bytes: 3_000_000 }])
  })

  it('fills in sample data with --seed and shows what the seed says', async () => {
    const started = start(['--seed'], withSeed)
    await ready(started)
    expect(started.terminal.said()).toContain('  shop: sample data\n    a key: 123\n')
  })

  it('warns of well-known keys where other machines can reach them', async () => {
    const started = start(['--host', '0.0.0.0', '--seed'], withSeed)
    await expect
      .poll(started.terminal.said, { timeout: 30_000 })
      .toContain('warning Other machines can reach this address')
    expect(started.terminal.said()).toMatch(/ready at http:\/\/localhost:\d+ /)
  })

  it('begins empty by itself, and says that there is sample data', async () => {
    const started = start([], withSeed)
    await ready(started)
    expect(started.terminal.said()).not.toContain('123')
    expect(started.terminal.said()).toContain('shop has sample data: groundplan seed shop')
  })

  it('logs requests at level debug alone', async () => {
    const quiet = start([])
    await fetch(`${await ready(quiet)}/api/shop/products/camera`)
    expect(quiet.terminal.said()).not.toContain('"debug"')
    const started = start(['--log', 'debug'])
    await fetch(`${await ready(started)}/api/shop/products/camera`)
    const line = started.terminal.said().trimEnd().split('\n').at(-1) ?? ''
    expect(JSON.parse(line)).toMatchObject({
      level: 'debug',
      plan: 'shop',
      handler: 'api/list',
      message: 'GET /api/shop/products/camera',
      fields: { status: 200 },
    })
  })

  it('names the variables that nobody has set, and reads .env', async () => {
    const model = `${shopFiles['shop/model.ts']}
import { secret } from 'groundplan'
export const token = secret('token')
export const other = secret('other')
`
    const plan = shopFiles['shop/plan.ts']
      ?.replace('{ Product, products }', '{ Product, products, token, other }')
      .replace('products.reader }', 'products.reader, token: token.reader, other: other.reader }')
    const started = start(['--json'], {
      ...shopFiles,
      'shop/model.ts': model,
      'shop/plan.ts': plan ?? '',
      '.env': 'SHOP_OTHER=1',
    })
    await ready(started)
    const [first = ''] = started.terminal.said().split('\n')
    expect(JSON.parse(first)).toMatchObject({ level: 'warn', event: 'missing', variables: ['SHOP_TOKEN'] })
  })
})

describe('groundplan start, when it cannot', { timeout: 60_000 }, () => {
  it('shows the mistakes of all plans and starts none', async () => {
    const wrong = {
      ...shopFiles,
      'shop/model.ts': shopFiles['shop/model.ts']?.replace("'products'", "'Products!'") ?? '',
    }
    const { terminal, ended } = start([], wrong)
    expect(await ended).toBe(1)
    expect(terminal.said()).toMatch(/^mistake shop\/model\.ts:4 /)
    expect(terminal.complained()).toMatch(/^error The plan has a mistake\n {2}→ /)
  })

  it('says that the port is taken, and which is free', async () => {
    const other = createServer()
    const port = await new Promise<number>(resolve => {
      other.listen({ host: '127.0.0.1', port: 0 }, () => resolve((other.address() as { port: number }).port))
    })
    const { terminal, ended } = start(['--port', String(port)])
    expect(await ended).toBe(1)
    expect(terminal.complained()).toMatch(`error Port ${port} of 127.0.0.1 is taken\n  → --port `)
    await new Promise(resolve => other.close(resolve))
  })

  it('says that a seed failed', async () => {
    const { terminal, ended } = start(['--seed'], {
      ...withSeed,
      'shop/seed.ts': withSeed['shop/seed.ts'].replace("return ['a key: 123']", "throw new Error('no data')"),
    })
    expect(await ended).toBe(1)
    expect(terminal.complained()).toContain('no data')
  })

  it.each([
    [['--port', 'x'], '"x" is no port'],
    [['--mount', '/shop'], '--mount takes "/" only'],
    [['--gateway', 'ap'], 'there is no gateway "ap"'],
    [['--log', 'loud'], '"loud" is no level'],
    [['--seed', '--no-seed'], 'say opposite things'],
    [['shpo'], 'There is no system "shpo"'],
  ])('calls %j wrong usage', async (args, message) => {
    const { terminal, ended } = start(args)
    expect(await ended).toBe(2)
    expect(terminal.complained()).toContain(message)
  })
})
