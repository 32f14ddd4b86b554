/** Bundles as files: the same bytes for the same input, a zip that others read, and what happens where Zod is needed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodeBundle } from 'groundplan/target'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundled } from './bundle.ts'
import { restEvent } from './test/lambda/cloud.ts'
import errands from './test/lambda/errands.ts'

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
    for (const { files, beside } of bundles) {
      expect(Object.keys(files).sort()).toEqual(['index.js', 'zod.js'])
      const { sources }: { sources: readonly string[] } = JSON.parse(
        Buffer.from(beside['index.js.map'] ?? '').toString(),
      )
      expect(sources.some(source => source.endsWith('targets/aws/src/test/lambda/errands.ts'))).toBe(true)
      expect(sources.filter(source => source.startsWith('/'))).toEqual([])
    }
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

  it('answer what fits without Zod, and load it for the first value that does not', async () => {
    const desk = bundles.find(({ name }) => name === 'desk')
    for (const [name, content] of Object.entries(desk?.files ?? {})) writeFileSync(join(folder, name), content)
    const script = `
      const { handler } = require('./index.js')
      const context = { getRemainingTimeInMillis: () => 30_000 }
      const loaded = () => Object.keys(require.cache).some(path => path.endsWith('zod.js'))
      const events = JSON.parse(process.argv[2])
      ;(async () => {
        const said = []
        for (const event of events) said.push([(await handler(event, context)).statusCode, loaded()])
        console.log(JSON.stringify(said))
        process.exit()
      })()`
    writeFileSync(join(folder, 'ask.cjs'), script)
    const events = [
      restEvent('GET', '/api/errands/nowhere'),
      restEvent('GET', '/api/errands/hello/anna', { query: { times: 'x' } }),
    ]
    const env = { AWS_REGION: 'us-east-1', GROUNDPLAN_AWS_PREFIX: 'errands-test', PATH: process.env.PATH }
    const said = execFileSync(process.execPath, ['ask.cjs', JSON.stringify(events)], { cwd: folder, env }).toString()
    expect(JSON.parse(said.trim().split('\n').at(-1) ?? '')).toEqual([
      [404, false],
      [400, true],
    ])
    expect(createRequire(join(folder, 'ask.cjs')).resolve('./zod.js')).toContain('zod.js')
  })
})
