/** AWS, S3 and mail servers as engines of an environment: systems run on them by what a config names. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { s3 } from '@groundplan/s3/config'
import { smtp } from '@groundplan/smtp/config'
import counter from '@systems/counter/plan'
import storefront from '@systems/storefront/plan'
import { stockTea } from '@systems/storefront/test/order-line'
import { anna, customer, olga, operator } from '@systems/storefront/test/people'
import { type Engine, fromEnv } from 'groundplan/driver'
import { homeOn, type OpenHome } from 'groundplan/home'
import { capabilitiesOf, placedDrivers } from 'groundplan/targets/placed'
import { describe, expect, it, vi } from 'vitest'
import { type AwsEngineOptions, aws, awsKeeps } from './config.ts'
import { makeMissing } from './drivers.ts'
import { optionsOf } from './environment.ts'
import { realClock } from './test/clock.ts'
import { allOf, credentials } from './test/engines.ts'
import { makeBuckets, maySendMail, removeAll } from './test/home.ts'

vi.setConfig({ testTimeout: 120_000 })

describe('an environment on AWS', () => {
  const named = aws({ region: fromEnv('AWS_REGION'), environment: 'production' })

  it('names the variables that it needs, and keeps all but databases', () => {
    expect(named.variables).toEqual(['AWS_REGION'])
    expect(named.keeps).toEqual([...awsKeeps])
    expect(capabilitiesOf([named])).toMatchObject({ liveChanges: true, survives: 'power loss' })
  })

  it('may keep some of it alone: what is left is kept by others', () => {
    const buckets = aws({ region: 'eu-central-1', environment: 'production', only: ['buckets', 'mail'] })
    expect(buckets.keeps).toEqual(['buckets', 'mail'])
  })

  it('offers credentials to upload only where it has a role for them', () => {
    expect(named.capabilities.uploads).toBeUndefined()
    const role = fromEnv('UPLOAD_ROLE')
    const uploading = aws({ region: 'eu-central-1', environment: 'production', uploadRole: role })
    expect(uploading.capabilities.uploads).toBe('unbounded')
    expect(uploading.variables).toEqual(['UPLOAD_ROLE'])
  })
})

await allOf(['dynamodb', 'elasticmq', 'moto', 'exim'], (dynamodb, sqs, moto, exim) => {
  const environment = `test-${randomUUID().slice(0, 8)}`
  const text = (value: unknown): string => (typeof value === 'string' ? value : moto.endpoint)
  const places = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, s3: moto.endpoint, vault: moto.endpoint }
  const region = 'us-east-1'
  const there: AwsEngineOptions = { region, environment, credentials, endpoints: places }

  /** A deployment has made what the engines find. */
  const placedOn = (engines: readonly Engine[]): OpenHome =>
    homeOn(async shape => {
      const clock = realClock()
      const options = optionsOf(there, shape, { clock, text })
      await makeMissing({ ...shape, databases: [] }, options)
      await makeBuckets(shape, options)
      await maySendMail(region, moto.endpoint)
      const parent = mkdtempSync(join(tmpdir(), 'groundplan-aws-'))
      const folder = join(parent, shape.plan)
      const own = { engines, text, clock, masterKey: Buffer.alloc(32, 1), folder, baseUrl: 'http://localhost' }
      const drivers = await placedDrivers(shape, own)
      const close = async (): Promise<void> => {
        await drivers.close()
        rmSync(parent, { recursive: true })
        await removeAll(options)
      }
      return { ...drivers, close }
    })

  describe('systems on what a config names', () => {
    it('counter runs on AWS', async () => {
      await using shop = await placedOn([aws({ ...there, endpoints: { ...places, ses: moto.endpoint } })])(counter)
      expect(await shop.gateways.api.sell()).toMatchObject({ value: { left: 999 } })
      await shop.settled()
      expect((await shop.gateways.api.lastSales()).value.sales).toHaveLength(1)
    })

    it('storefront runs with its objects on an S3 server and its mail by a mail server', async () => {
      const { hostname, port } = new URL(exim.endpoint)
      const servers = [
        aws({ ...there, only: ['store', 'queues', 'schedules', 'vault'] }),
        s3({ region, endpoint: fromEnv('S3_URL'), environment, ...credentials }),
        smtp({
          host: hostname,
          port: Number(port),
          user: exim.user ?? '',
          password: exim.password ?? '',
          domain: 'shop.example',
        }),
      ]
      await using shop = await placedOn(servers)(storefront)
      await stockTea(shop, 3)
      const body = { lines: [{ productId: 'tea', quantity: 2 }] }
      expect(await shop.as(customer, anna).customer.order({ body })).toMatchObject({ ok: true })
      // Nothing is dead: the mail server has taken the mail.
      await shop.settled()
      const day = shop.now.toISOString().slice(0, 10)
      expect((await shop.as(operator, olga).ops.inbox({ params: { day } })).value.notices).toHaveLength(1)
    })
  })
})
