/** What `groundplan start` keeps and exports, and what `logs` and `trace` show of it, also while it runs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Collector, collector } from '../http/test/collector.ts'
import { placesOf } from './places.ts'
import { run } from './run.ts'
import { shopConfig, type TestProject, testProject } from './test/project.ts'
import { type TestTerminal, testTerminal } from './test/terminal.ts'

/** As only a secret looks, so that it can be looked for. */
const secret = 'k-81f3a-"quoted"-c0ffee'

const files = {
  'groundplan.config.ts': shopConfig,
  '.env': `SHOP_TOKEN='${secret}'\nOTEL_EXPORTER_OTLP_HEADERS=api-key=of-the-collector\n`,
  'shop/plan.ts': `import { anyone, endpoint, gateway, nothing, plan, queue, consumer, secret, service, table } from 'groundplan'
import { z } from 'zod'
const token = secret('token')
const products = table('products', { item: z.object({ productId: z.string() }), key: ['productId'] })
const jobs = queue('jobs', { message: z.object({ productId: z.string() }) })
const show = endpoint('GET /products/:productId', {
  summary: 'One product',
  caller: anyone,
  returns: z.object({ productId: z.string() }),
  uses: { products: products.reader, jobs: jobs.sender },
  handle: async ({ params, log }, { products, jobs }) => {
    log.info('somebody looks', { productId: params.productId })
    await jobs.send({ productId: params.productId })
    return (await products.get(params)) ?? params
  },
})
const work = consumer(jobs, { handle: async ({ log }) => log.info('worked') })
const leak = endpoint('POST /leak/:where', {
  summary: 'Says what it should not',
  caller: anyone,
  returns: nothing,
  uses: { token: token.reader, products: products.writer },
  handle: async ({ log }, { token, products }) => {
    const value = (await token.get()).reveal()
    log.warn('the token is ' + value, { value, deep: [{ url: '/x?key=' + encodeURIComponent(value) }], json: JSON.stringify({ value }) })
    await products.insert({ productId: value })
    await products.insert({ productId: value }).or(undefined)
    throw new Error('broken by ' + value, { cause: new Error(value) })
  },
})
export default plan('shop', { gateways: { api: gateway(service('server', { show, work, leak })) } })
`,
}

interface Started {
  readonly url: string
  readonly terminal: TestTerminal
  stop(): Promise<number>
}

let project: TestProject
let there: Collector
let started: Started | undefined

beforeEach(async () => {
  project = testProject(files)
  there = await collector()
})

afterEach(async () => {
  await started?.stop()
  started = undefined
  await there.close()
  project[Symbol.dispose]()
})

async function start(environment: Readonly<Record<string, string>> = {}): Promise<Started> {
  const terminal = testTerminal({
    folder: project.root,
    environment: { OTEL_TRACES_SAMPLER: 'always_on', ...environment },
  })
  const ended = run(['start', '--port', '0', '--json'], terminal)
  const early = ended.then(code => {
    throw new Error(`ended with ${code}: ${terminal.said()}${terminal.complained()}`)
  })
  const address = () => /"url":"(http:\/\/127\.0\.0\.1:\d+)"/.exec(terminal.said())?.[1]
  await Promise.race([early, expect.poll(address, { timeout: 30_000 }).toBeDefined()])
  early.catch(() => {})
  started = {
    url: `${address()}/api/shop`,
    terminal,
    stop() {
      terminal.signal('SIGTERM')
      return ended
    },
  }
  return started
}

async function said(...args: readonly string[]): Promise<string> {
  const terminal = testTerminal({ folder: project.root })
  const code = await run(args, terminal)
  return code === 0 ? terminal.said() : terminal.complained()
}

/** All that stands in the files. */
function keptText(): string {
  const folder = placesOf(project.root, { folder: project.root }).telemetry
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => path.endsWith('.jsonl') || path.endsWith('.json'))
    .map(path => readFileSync(path, 'utf8'))
    .join('')
}

describe('Telemetry of groundplan start', { timeout: 60_000 }, () => {
  it('can be asked for beside the process that runs: a request and what it caused are one trace', async () => {
    const { url } = await start()
    await fetch(`${url}/products/camera`)
    const whole = async (): Promise<string> => said('trace', '--handler', 'server/work', '--json')
    await expect.poll(whole, { timeout: 10_000 }).toContain('"traceId"')
    const [summary = ''] = (await whole()).split('\n')
    const { traceId, name } = JSON.parse(summary) as { traceId: string; name: string }
    expect(name).toBe('server/show')
    const waterfall = await said('trace', traceId.slice(0, 8))
    expect(waterfall).toMatch(/^server\/show /m)
    expect(waterfall).toMatch(/^ {2}products\.get /m)
    expect(waterfall).toMatch(/^ +server\/work /m)
    expect(waterfall).toMatch(/^ {2}\+\d.* ms info somebody looks productId=camera$/m)
    expect(await said('logs', '--trace', traceId)).toMatch(/somebody looks.*\n.*worked/)
  })

  it('is there when the process has ended, with the index of its file', async () => {
    const { url, stop } = await start()
    await fetch(`${url}/products/camera`)
    expect(await stop()).toBe(0)
    expect(await said('logs', 'shop', '--handler', 'server/show')).toContain('somebody looks')
    expect(
      existsSync(join(placesOf(project.root, { folder: project.root }).telemetry, 'shop', '0000000001.index.json')),
    ).toBe(true)
  })

  it('is exported to a collector: spans, log records and counts, the last of them at the end', async () => {
    const { url, stop, terminal } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: there.url })
    await fetch(`${url}/products/camera`)
    expect(await stop()).toBe(0)
    expect(new Set(there.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/logs', '/v1/metrics']))
    const text = there.received.map(({ body }) => JSON.stringify(body)).join('\n')
    expect(text).toContain('"name":"GET /products/:productId"')
    expect(text).toContain('"name":"process jobs"')
    expect(text).toContain('"stringValue":"somebody looks"')
    for (const name of ['http.response.status_code', 'db.collection.name', 'messaging.message.id']) {
      expect(text).toContain(`{"key":"${name}"`)
    }
    expect(text).toContain('"name":"groundplan.handler.duration"')
    expect(there.received.every(({ headers }) => headers['api-key'] === 'of-the-collector')).toBe(true)
    expect(terminal.said()).not.toContain('telemetry was lost')
  })

  it('never waits for a collector: a silent one costs calls nothing, and the end two seconds at most', async () => {
    there.answer(...Array.from({ length: 100 }, () => 'silence' as const))
    const { url, stop, terminal } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: there.url })
    for (let count = 0; count < 20; count++) expect((await fetch(`${url}/products/camera`)).status).toBe(200)
    const began = performance.now()
    expect(await stop()).toBe(0)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(terminal.said()).toMatch(/"telemetry was lost: \d+ /)
  })

  it('holds no secret, neither in its files nor on its way to a collector', async () => {
    const { url, stop, terminal } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: there.url })
    const answer = await fetch(`${url}/leak/here`, { method: 'POST' })
    expect(answer.status).toBe(500)
    await stop()
    const sent = there.received.map(({ body }) => JSON.stringify(body)).join('\n')
    const shown = await said('logs')
    for (const text of [keptText(), sent, shown, terminal.said(), await answer.text()]) {
      expect(text).not.toContain('81f3a')
      expect(text).not.toContain('c0ffee')
      expect(text).not.toContain('of-the-collector')
    }
    for (const text of [keptText(), sent, shown]) {
      expect(text).toContain('the token is [secret token]')
      expect(text).toContain('broken by [secret token]')
    }
  })

  it('does not start with variables that it cannot understand', async () => {
    const terminal = testTerminal({ folder: project.root, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' } })
    expect(await run(['start', '--port', '0'], terminal)).toBe(1)
    expect(terminal.complained()).toContain('OTEL_EXPORTER_OTLP_ENDPOINT is not understood')
  })
})
