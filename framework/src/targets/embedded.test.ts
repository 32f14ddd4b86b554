import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { anyone } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { type Plan, plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { type EmbeddedTarget, embedded } from './embedded.ts'

function planNamed(name: string): Plan {
  const hello = endpoint('GET /hello', {
    summary: 'Says hello',
    caller: anyone,
    returns: z.string(),
    handle: async () => 'hello',
  })
  return plan(name, { gateways: { api: gateway(service('server', { hello })) } })
}

describe('plans on disk', { timeout: 60_000 }, () => {
  let folder: ReturnType<typeof temporaryFolder>
  let target: EmbeddedTarget
  const opened = () => embedded({ folder: folder.path, baseUrl: 'http://localhost', logs: () => {} })
  const none = { settings: {}, secrets: {} }

  beforeEach(() => {
    folder = temporaryFolder()
    target = opened()
  })
  afterEach(async () => {
    await target.stop(1_000)
    folder.remove()
  })

  it('have a folder each, and are refused while somebody else has one', async () => {
    await target.start(planNamed('one'), none)
    await target.start(planNamed('other'), none)
    expect(readdirSync(folder.path).sort()).toEqual(['one', 'other'])
    await expect(opened().start(planNamed('one'), none)).rejects.toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining(join(folder.path, 'one')),
    })
  })

  it('keep a secret that stays the same as it is, and make a new version of another', async () => {
    for (const [value, version] of [
      ['one', 1],
      ['one', 1],
      ['two', 2],
    ] as const) {
      const again = opened()
      await again.start(planNamed('one'), { settings: {}, secrets: { carrier: value } })
      expect(await again.started[0]?.drivers.vault.get('one/secrets/carrier')).toMatchObject({ value, version })
      await again.stop(1_000)
    }
  })

  it('answer links to objects of their plan alone', async () => {
    await target.start(planNamed('one'), none)
    expect(await target.follow(new Request('http://localhost/links/unknown?bucket=x'))).toBeUndefined()
    const ours = await target.follow(new Request('http://localhost/links/one?bucket=x'))
    expect(ours?.status).toBe(403)
  })
})
