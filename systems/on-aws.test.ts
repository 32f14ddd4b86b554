/**
 * Storefront's order line on what its own template made: the tables, queues and buckets of `CloudFormation-infra.json`,
 * deployed by moto's CloudFormation, with the drivers on top. Nothing is made by the test itself.
 */
import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { awsDrivers } from '../drivers/aws/src/drivers.ts'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { maySendMail } from '../drivers/aws/src/test/home.ts'
import { sentMail } from '../drivers/aws/src/test/sent-mail.ts'
import type { Drivers, PlanShape } from '../framework/src/driver.ts'
import { memoryDatabases } from '../framework/src/memory/database.ts'
import { homeOn } from '../framework/src/targets/home.ts'
import config from '../groundplan.config.ts'
import { namesOf } from '../targets/aws/src/names.ts'
import { deployed, type Stack } from '../targets/aws/src/test/moto.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'
import { anna, customer, olga, operator } from './storefront/test/people.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const region = 'us-east-1'

async function stackIn(moto: string, environment: string): Promise<Stack> {
  const files = (await config.environments?.test?.target?.files(storefront, environment)) ?? {}
  const template = files['CloudFormation-infra.json'] ?? ''
  const parameters = { HostedZoneId: 'Z0000000000000' }
  return deployed({ moto, region }, `storefront-${environment}-infra`, template, parameters)
}

/** Drivers on what the template made. Its stack goes with them. */
async function driversOn(shape: PlanShape, moto: string, ses: string): Promise<Drivers> {
  const environment = `m${randomUUID().slice(0, 8)}`
  const stack = await stackIn(moto, environment)
  const { prefix, bucketPrefix } = namesOf('storefront', environment, 'storefront.test.example.org')
  await maySendMail(region, ses)
  const endpoints = { dynamodb: moto, sqs: moto, s3: moto, vault: moto, ses }
  // moto has no PostgreSQL: databases are in this process.
  const databases = memoryDatabases()
  const options = { clock: realClock(), region, credentials, prefix, bucketPrefix, endpoints, tellOfObjects: true }
  const drivers = awsDrivers(shape, { ...options, databases })
  const ids = new Set<string>()
  return {
    ...drivers,
    mail: {
      async send(mail) {
        ids.add(mail.id)
        return drivers.mail.send(mail)
      },
      sent: async () => (await sentMail(ses)).filter(({ id }) => ids.has(id)).map(mail => ({ ...mail, sentAtMs: 0 })),
    },
    async close() {
      await drivers.close()
      await databases.close()
      await stack.remove()
    },
  }
}

await allOf(['moto', 'ses'], (moto, ses) => {
  describe('S14: the template of storefront', () => {
    it('makes its tables, queues and buckets under the names that the driver looks for', async () => {
      const environment = `m${randomUUID().slice(0, 8)}`
      const stack = await stackIn(moto.endpoint, environment)
      const made = await stack.resources()
      const of = (type: string) => made.filter(each => each.type === type).map(({ physicalId }) => physicalId)
      expect(of('AWS::DynamoDB::Table')).toContain(`storefront-${environment}-orders`)
      expect(of('AWS::DynamoDB::Table')).toContain(`storefront-${environment}-groundplan-outbox`)
      expect(of('AWS::SQS::Queue').join()).toContain(`storefront-${environment}-product-updates.fifo`)
      expect(of('AWS::S3::Bucket').length).toBeGreaterThan(1)
      await stack.remove()
    })
  })

  describe('S14: storefront on what its template made', () => {
    it('takes an order through the whole line: stock, order, inbox, mail, catalogue', async () => {
      const open = homeOn(shape => driversOn(shape, moto.endpoint, ses.endpoint))
      await using shop = await open(storefront, { throttle: false })
      const tea = { productId: 'tea', name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }
      await shop.uses({ products: products.writer }).products.put({ ...tea, stock: 1 })
      await shop.settled()
      const body = { lines: [{ productId: 'tea', quantity: 1 }] }
      const placed = await shop.as(customer, anna).customer.order({ body })
      expect(placed).toMatchObject({ ok: true, value: { state: 'placed', total: { amount: 450 } } })
      const again = await shop.as(customer, anna).customer.order({ body })
      expect(again).toMatchObject({ ok: false, problem: { code: 'sold-out' } })
      await shop.settled()
      const day = shop.now.toISOString().slice(0, 10)
      const { value } = await shop.as(operator, olga).ops.inbox({ params: { day } })
      expect(value.notices).toHaveLength(1)
      expect(await shop.mails()).toHaveLength(1)
      const seen = await shop.gateways.customer.product({ params: { productId: 'tea' } })
      expect(seen).toMatchObject({ value: { available: false } })
    })
  })
})
