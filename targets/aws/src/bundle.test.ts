/** Bundles as files: the same bytes for the same input, a zip that others read, and what happens where Zod is needed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodeBundle } from 'groundplan/target'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundled } from './bundle.ts'
import { restEvent } from './test/lambda/cloud.ts'
import errands from './test/lambda/errands.ts'
import order from './test/lambda/order.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const planFile = fileURLToPath(new URL('test/lambda/errands.ts', import.meta.url))
const settings = { region: 'us-east-1', domain: 'example.org', operations: 'o@example.org', costOwner: 'shop' }

function made(environment: string): Promise<readonly CodeBundle[]> {
  return bundled({ plan: errands, environment, root, planFile, conditions: ['groundplan-source'] }, settings)
}

describe('S11: bundles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundles-'))
  let bundles: readonly CodeBundle[] = []
  beforeAll(async () => {
    bundles = await made('test')
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('have the same bytes each time, whatever environment they are for', { timeout: 120_000 }, async () => {
    const again = await made('production')
    expect(again.map(({ name, hash }) => [name, hash])).toEqual(bundles.map(({ name, hash }) => [name, hash]))
    const same = again.map(({ zip }, at) => Buffer.compare(zip, bundles[at]?.zip ?? new Uint8Array()))
    expect(same).toEqual([0, 0, 0])
  })

  it('are one for each service and one for the carrier, each with a source map of the project’s files beside', () => {
    const named = bundles.map(({ name, parameter }) => [name, parameter])
    expect(named).toEqual([
      ['desk', 'CodeDesk'],
      ['worker', 'CodeWorker'],
      ['groundplan-carrier', 'CodeGroundplanCarrier'],
    ])
    for (const { name, files, beside } of bundles) {
      // Only the carrier sends mail.
      const own = name === 'groundplan-carrier' ? ['index.js', 'mail.js', 'rare.js'] : ['index.js', 'rare.js']
      expect(Object.keys(files).sort()).toEqual([...own, 'zod.js'])
      expect(Object.keys(beside).sort()).toEqual(own.map(file => `${file}.map`))
      const { sources }: { sources: readonly string[] } = JSON.parse(
        Buffer.from(beside['index.js.map'] ?? '').toString(),
      )
      expect(sources.some(source => source.endsWith('targets/aws/src/test/lambda/errands.ts'))).toBe(true)
      expect(sources.filter(source => source.startsWith('/'))).toEqual([])
    }
  })

  it('have a client of Amazon’s SDK in a file beside, which is loaded when it is used and not before', () => {
    const { files = {} } = bundles.find(({ name }) => name === 'groundplan-carrier') ?? {}
    const at = join(folder, 'carrier')
    mkdirSync(at)
    for (const [name, content] of Object.entries(files)) writeFileSync(join(at, name), content)
    const has = (name: string, word: string) => Buffer.from(files[name] ?? '').includes(word)
    expect([has('index.js', 'SESv2Client'), has('mail.js', 'SESv2Client')]).toEqual([false, true])
    // An event that says nothing is refused by whoever is ready; what is loaded by then, each start loads.
    const script = `
      const { handler } = require('./index.js')
      handler({}, { getRemainingTimeInMillis: () => 30_000 }).catch(({ code }) => {
        const loaded = Object.keys(require.cache).map(path => path.split('/').at(-1)).filter(name => name !== 'ask.cjs')
        console.log(JSON.stringify([code, ...loaded]))
        process.exit()
      })`
    writeFileSync(join(at, 'ask.cjs'), script)
    const keys = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }
    const env = { AWS_REGION: 'us-east-1', GROUNDPLAN_AWS_PREFIX: 'errands-test', PATH: process.env.PATH, ...keys }
    const said: unknown = JSON.parse(execFileSync(process.execPath, ['ask.cjs'], { cwd: at, env }).toString())
    expect(said).toEqual(['request-invalid', 'index.js'])
  })

  it('lie in a zip that another program reads', ({ skip }) => {
    const [{ zip, files } = { zip: new Uint8Array(), files: {} }] = bundles
    const path = join(folder, 'desk.zip')
    writeFileSync(path, zip)
    const read =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [(i.filename, i.file_size, i.external_attr >> 16) for i in z.infolist()])'
    let said = ''
    try {
      said = execFileSync('python3', ['-c', read, path]).toString().trim()
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') skip('there is no python3 here')
      throw error
    }
    const all = Object.entries(files).map(([name, { length }]) => `('${name}', ${length}, ${0o100644})`)
    expect(said).toBe(`None [${all.sort().join(', ')}]`)
  })
})

describe('S11: the bundle of a service without resources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  let index: Uint8Array = new Uint8Array()
  beforeAll(async () => {
    const file = fileURLToPath(new URL('test/lambda/order.ts', import.meta.url))
    const bundling = { plan: order, environment: 'test', root, planFile: file, conditions: ['groundplan-source'] }
    const bundle = (await bundled(bundling, settings)).find(({ name }) => name === 'server')
    for (const [name, content] of Object.entries(bundle?.files ?? {})) writeFileSync(join(folder, name), content)
    index = bundle?.files['index.js'] ?? index
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('answers what fits from its first file, refuses from the second, and loads Zod for the first value that does not', () => {
    const script = `
      const { handler } = require('./index.js')
      const context = { getRemainingTimeInMillis: () => 30_000 }
      const loaded = () => Object.keys(require.cache).map(path => path.split('/').at(-1)).filter(name => /^(?!ask|events)/.test(name))
      const events = require('./events.json')
      ;(async () => {
        const said = []
        for (const event of events) {
          const { statusCode, body } = await handler(event, context)
          said.push([statusCode, JSON.parse(body).code ?? JSON.parse(body).id, ...loaded()])
        }
        console.log(JSON.stringify(said))
        process.exit()
      })()`
    writeFileSync(join(folder, 'ask.cjs'), script)
    const lines = [{ sku: 'tea', quantity: 1 }]
    const post = (body: unknown, headers = {}) => restEvent('POST', '/api/order/orders/7', { body, headers })
    const events = [
      post({ customer: 'Jo', lines }),
      restEvent('GET', '/api/order/nowhere'),
      restEvent('PUT', '/api/order/orders/7'),
      post({}, { 'Content-Type': 'text/plain' }),
      { ...post({}), body: '{' },
      post({ customer: 'x'.repeat(2_000_000), lines }),
      post({}, { Origin: 'https://evil.example' }),
      post({ customer: 'nobody', lines }),
      post({ customer: 'Jo', lines: [{ sku: 'tea', quantity: 0 }] }),
      post({ customer: 'Jo', lines, more: 1 }),
    ]
    const env = { AWS_REGION: 'us-east-1', GROUNDPLAN_AWS_PREFIX: 'order-test', PATH: process.env.PATH }
    writeFileSync(join(folder, 'events.json'), JSON.stringify(events))
    const said = execFileSync(process.execPath, ['ask.cjs'], { cwd: folder, env }).toString()
    const two = ['index.js', 'rare.js']
    expect(JSON.parse(said.trim().split('\n').at(-1) ?? '')).toEqual([
      [200, '7', 'index.js'],
      [404, 'no-such-route', ...two],
      [405, 'method-not-allowed', ...two],
      [415, 'unsupported-media-type', ...two],
      [400, 'invalid-json', ...two],
      [413, 'body-too-large', ...two],
      [403, 'not-allowed', ...two],
      [500, 'handler-failed', ...two],
      [400, 'request-invalid', ...two, 'zod.js'],
      [400, 'request-invalid', ...two, 'zod.js'],
    ])
  })

  it('is small: V8 reads through all of it before it answers anything', () => {
    // What makes it larger runs in each cold start: see bundle/rare.ts and bundle/left-out.ts for what need not be there.
    expect(index.length).toBeLessThan(48_400)
    // Where words were written is not looked at: it is one line of one file.
    expect(Buffer.from(index).toString()).not.toContain('captureStackTrace')
  })
})
