/**
 * S2: a gateway with a domain name of its own, through the real nginx with the configuration as it is written: before
 * storefront, whose engines are in memory.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namedIn } from '../framework/src/cli/domains.ts'
import { serve } from '../framework/src/http/node.ts'
import { inMemory } from '../framework/src/targets/in-memory.ts'
import { freePort } from '../scripts/lib/free-port.mjs'
import { upstreams } from '../targets/server/src/compose-yaml.ts'
import { nginxConf } from '../targets/server/src/nginx.ts'
import { type Nginx, nginxPath, openNginx } from '../web/test/nginx.ts'
import storefront from './storefront/plan.ts'

const api = '/api/storefront'

describe.skipIf(nginxPath === undefined)('storefront behind nginx', { timeout: 60_000 }, () => {
  let folder = ''
  const system = inMemory({ baseUrl: 'http://localhost', logs: () => {} })
  let served: Awaited<ReturnType<typeof serve>>
  let nginx: Nginx

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'groundplan-domains-'))
    chmodSync(folder, 0o755) // nginx runs without rights
    const runtime = await system.start(storefront, { settings: {}, secrets: {} })
    const { clock } = system
    served = await serve([runtime.door], { clock, report: console.error, trustProxy: 1 })
    const names = { customer: 'shop.example.org', ops: 'ops.example.org' }
    const domains = namedIn(storefront, names, 'the config')
    const text = nginxConf({ names: ['storefront'], systems: upstreams.systems, domains })
    const hosts = { [upstreams.systems]: `127.0.0.1:${served.port}` }
    nginx = await openNginx({ text, folder: join(folder, 'nginx'), hosts }, await freePort())
  }, 60_000)

  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]()
    await served?.close(0)
    await system.stop(1_000)
    rmSync(folder, { recursive: true, force: true })
  })

  /** What is answered at a name. */
  function at(host: string, path: string): Promise<{ readonly status: number; readonly type: string }> {
    return new Promise((resolve, reject) => {
      const asking = request(`${nginx.url}${path}`, { headers: { host } }, answer => {
        answer.resume()
        answer.once('end', () => {
          resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '' })
        })
      })
      asking.once('error', reject)
      asking.end()
    })
  }

  it('S2: each gateway answers at its own domain name, at the path it has everywhere', async () => {
    expect(await at('shop.example.org', `${api}/customer/categories`)).toMatchObject({ status: 200 })
    expect(await at('shop.example.org', `${api}/customer/openapi.json`)).toMatchObject({ status: 200 })
    // It is asked, and refuses who shows nothing.
    expect(await at('ops.example.org', `${api}/ops/orders`)).toMatchObject({ status: 401 })
    expect(await at('SHOP.example.org:8080', `${api}/customer/categories`)).toMatchObject({ status: 200 })
  })

  it.each([
    ['shop.example.org', `${api}/ops/orders`],
    ['shop.example.org', `${api}/accounts/openapi.json`],
    ['ops.example.org', `${api}/customer/categories`],
    ['ops.example.org', `${api}/ops/../customer/categories`],
    ['ops.example.org', `${api}/operations`],
    ['ops.example.org', '/'],
    ['ops.example.org', '/links/some-file'],
  ])('S2: no other answers there: %s%s', async (host, path) => {
    expect(await at(host, path)).toEqual({ status: 404, type: 'application/problem+json' })
  })

  it('S2: the one address of all goes on to answer for all', async () => {
    for (const host of ['localhost', 'example.org', 'other.example.org']) {
      expect([host, await at(host, `${api}/customer/categories`)]).toMatchObject([host, { status: 200 }])
      expect([host, await at(host, `${api}/ops/orders`)]).toMatchObject([host, { status: 401 }])
    }
  })
})
