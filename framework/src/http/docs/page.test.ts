/** The page to try a gateway, as text. How it works in a browser is in browser.test.ts. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compileReader } from '../../compile/reader.ts'
import { anyone } from '../../plan/authorizer.ts'
import { type AnyEndpoint, endpoint, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import type { Plan } from '../../plan/plan.ts'
import { service } from '../../plan/service.ts'
import { openApi } from '../openapi.ts'
import { docsPage } from './page.ts'
import { SchemaReader } from './schemas.ts'
import { script } from './script.ts'

const require = createRequire(import.meta.url)
const run = promisify(execFile)

function pageOf(endpoints: Readonly<Record<string, AnyEndpoint>>, title = 'things') {
  return docsPage(openApi('api', gateway(service('things', endpoints)), { title }))
}

describe('the page', () => {
  it('escapes everything that comes from a plan', () => {
    const evil = '</script><img src=x onerror="alert(1)">\''
    const body = z.object({ [evil]: z.enum([evil]).describe(evil) }).describe(evil)
    const page = pageOf(
      {
        odd: endpoint('POST /odd', {
          summary: evil,
          description: evil,
          caller: anyone,
          body,
          returns: nothing,
          handle: () => {},
        }),
      },
      evil,
    )
    expect(page.html).not.toContain('<img')
    expect(page.html.match(/<\/script>/g)).toHaveLength(1)
    expect(page.html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;')
  })

  it('holds exactly the script and style whose hashes it gives', () => {
    const page = pageOf({})
    for (const [tag, hash] of [
      ['script', page.scriptHash],
      ['style', page.styleHash],
    ] as const) {
      const inside = new RegExp(`<${tag}(?: type="module")?>([\\s\\S]*?)</${tag}>`).exec(page.html)?.[1] ?? ''
      expect(`sha256-${createHash('sha256').update(inside).digest('base64')}`).toBe(hash)
    }
    expect(page.html).not.toMatch(/ (?:style|on\w+)="/)
  })

  it('loads nothing from anywhere', () => {
    const addresses = pageOf({}).html.match(/(?:src|href)="([^"]*)"/g) ?? []
    expect(addresses.filter(each => !/"(?:#[\w-]*|data:,|openapi\.json)"/.test(each))).toEqual([])
  })
})

describe('samples', () => {
  it.each(['counter', 'giftflick', 'insights', 'records', 'storefront'])(
    'of all bodies of %s are accepted by their schemas',
    async name => {
      const { default: plan }: { default: Plan } = await import(`@systems/${name}/plan.ts`)
      for (const each of Object.values(plan.gateways)) {
        const document = openApi(name, each)
        const reader = new SchemaReader(document)
        const handlers: Readonly<Record<string, AnyEndpoint>> = each.service.handlers
        for (const { operationId, requestBody } of Object.values(document.paths).flatMap(methods =>
          Object.values(methods),
        )) {
          const schema = requestBody?.content['application/json']?.schema
          const { body } = handlers[operationId] ?? {}
          if (schema && body)
            expect(compileReader(body, { unknown: 'refuse' }).read(reader.sample(schema)), operationId).toMatchObject({
              ok: true,
            })
        }
      }
    },
  )

  it('follow the kinds, bounds and references of a schema, even one that holds itself', () => {
    const Tree = z.object({
      at: z.iso.datetime(),
      count: z.int().min(7).max(9),
      share: z.number().max(0.5),
      name: z.string().min(6),
      state: z.enum(['open', 'closed']),
      pick: z.union([z.object({ a: z.literal(3) }), z.string()]),
      none: z.null(),
      maybe: z.string().nullable(),
      flags: z.array(z.boolean()).min(2),
      extra: z.string().optional(),
      usual: z.string().default('usual'),
      record: z.record(z.string(), z.int()),
      get parts() {
        return z.array(Tree).optional()
      },
    })
    const plant = endpoint('POST /trees', {
      summary: 'Plants',
      caller: anyone,
      body: Tree,
      returns: nothing,
      handle: () => {},
    })
    const document = openApi('api', gateway(service('things', { plant })))
    const schema = document.paths['/trees']?.post?.requestBody?.content['application/json']?.schema ?? {}
    const sample = new SchemaReader(document).sample(schema)
    expect(compileReader(Tree, { unknown: 'refuse' }).read(sample)).toMatchObject({ ok: true })
    expect(sample).toMatchObject({
      at: '2026-01-31T12:00:00Z',
      count: 7,
      share: 0.5,
      name: 'text--',
      state: 'open',
      pick: { a: 3 },
      flags: [false, false],
      record: { key: 1 },
    })
    expect(sample).not.toHaveProperty('extra')
  })
})

describe('the script', () => {
  it('passes the type checker with the browser’s types, and the linter', { timeout: 60_000 }, async () => {
    const root = join(dirname(require.resolve('typescript/package.json')), '../..')
    const folder = await mkdtemp(join(tmpdir(), 'groundplan-docs-'))
    try {
      const file = join(folder, 'script.js')
      await writeFile(file, script)
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      const strict = [
        '--allowJs',
        '--checkJs',
        '--noEmit',
        '--strict',
        '--moduleDetection',
        'force',
        '--noUncheckedIndexedAccess',
        '--noUnusedLocals',
        '--target',
        'es2023',
        '--lib',
        'es2023,dom,dom.iterable',
        '--types',
        '',
      ]
      await expect(run(process.execPath, [tsc, ...strict, file], { cwd: folder })).resolves.toBeTruthy()
      const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
      await expect(
        run(process.execPath, [biome, 'lint', '--error-on-warnings', file], { cwd: folder }),
      ).resolves.toBeTruthy()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
