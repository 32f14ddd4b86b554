import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone } from '../plan/authorizer.ts'
import { endpoint, nothing } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { secret, setting } from '../plan/secret.ts'
import { service } from '../plan/service.ts'
import { environmentIn, valuesOf, variable } from './environment.ts'
import { type TestProject, testProject } from './test/project.ts'

describe('The variable of a setting or secret', () => {
  it('is named by plan and name', () => {
    expect(variable('giftflick', 'renderer-url')).toBe('GIFTFLICK_RENDERER_URL')
    expect(variable('my-shop', 'a.b')).toBe('MY_SHOP_A_B')
  })
})

describe('The environment', () => {
  let project: TestProject
  beforeEach(() => {
    project = testProject({ '.env': '# a comment\nSHOP_TOKEN="from the file"\nSHOP_SIZE=3\n' })
  })
  afterEach(() => project[Symbol.dispose]())

  it('is the process on top of .env', async () => {
    const environment = await environmentIn(project.root, { SHOP_SIZE: '4' })
    expect(environment).toMatchObject({ SHOP_TOKEN: 'from the file', SHOP_SIZE: '4' })
  })

  it('needs no .env', async () => {
    using empty = testProject({})
    expect(await environmentIn(empty.root, { A: '1' })).toEqual({ A: '1' })
  })
})

describe('The values of a plan', () => {
  const pageSize = setting('page-size', z.coerce.number().int().default(20))
  const url = setting('url', z.url())
  const token = secret('token')
  const keys = secret('keys', { per: 'tenant' })
  const look = endpoint('GET /', {
    summary: 'Looks at all of them',
    caller: anyone,
    returns: nothing,
    uses: { pageSize: pageSize.reader, url: url.reader, token: token.reader, keys: keys.reader },
    handle: async () => undefined,
  })
  const shop = plan('shop', { gateways: { api: gateway(service('server', { look })) } })

  it('are those of its settings and secrets', () => {
    const environment = { SHOP_URL: 'https://example.org', SHOP_TOKEN: 'secret', SHOP_PAGE_SIZE: '7', OTHER: 'x' }
    expect(valuesOf(shop, environment)).toEqual({
      settings: { url: 'https://example.org', 'page-size': '7' },
      secrets: { token: 'secret' },
      missing: [],
    })
  })

  it('name all that nobody has set: not what has a default, nor the secrets of tenants', () => {
    expect(valuesOf(shop, {}).missing).toEqual(['SHOP_URL', 'SHOP_TOKEN'])
  })

  it('are refused where they do not fit, all at once', () => {
    const wrong = { SHOP_URL: 'no address', SHOP_PAGE_SIZE: 'many' }
    expect(() => valuesOf(shop, wrong)).toThrow(/SHOP_PAGE_SIZE: .*\n.*SHOP_URL: /)
  })
})
