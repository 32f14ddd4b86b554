/**
 * Storefront's order line on what `groundplan deploy` made: the tables, queues and buckets of `CloudFormation-infra.json`,
 * made by moto, with the drivers on top. Nothing is made by the test itself.
 */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import { describe, expect, it, vi } from 'vitest'
import { awsDrivers } from '../drivers/aws/src/drivers.ts'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { maySendMail } from '../drivers/aws/src/test/home.ts'
import { sentMail } from '../drivers/aws/src/test/sent-mail.ts'
import type { Drivers, PlanShape } from '../framework/src/driver.ts'
import { memoryDatabases } from '../framework/src/memory/database.ts'
import type { DeploymentProgress } from '../framework/src/target.ts'
import { homeOn } from '../framework/src/targets/home.ts'
import { bundled } from '../targets/aws/src/bundle.ts'
import { deploymentOf } from '../targets/aws/src/deploy/deployment.ts'
import type { Names } from '../targets/aws/src/names.ts'
import type { AwsSettings } from '../targets/aws/src/settings.ts'
import { smallest } from '../targets/aws/src/sizes.ts'
import { systemOf } from '../targets/aws/src/system.ts'
import { cloudFormationBefore } from '../targets/aws/src/test/cloudformation.ts'
import { type Stack, stackAt } from '../targets/aws/src/test/moto.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'
import { anna, customer, olga, operator } from './storefront/test/people.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 })

const region = 'us-east-1'

const domain = 'test.example.org'
const settings: AwsSettings = {
  ...{ region, domain, operations: 'operations@example.org', costOwner: 'shop', sizes: smallest },
  systems: { storefront: { makesMailDomains: true } },
}
const root = fileURLToPath(new URL('../', import.meta.url))
const planFile = `${root}systems/storefront/plan.ts`

interface There {
  readonly told: readonly DeploymentProgress[]
  readonly names: Names
  /** What moto has made of a part. */
  resources(part: string): ReturnType<Stack['resources']>
  remove(): Promise<void>
}

/** Storefront as `groundplan deploy` brings it up, with its own bundles; pages are built elsewhere. */
async function deployedIn(moto: string): Promise<There> {
  const environment = `m${randomUUID().slice(0, 8)}`
  const before = await cloudFormationBefore(moto)
  vi.stubEnv('AWS_ENDPOINT_URL', before.endpoint)
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  const told: DeploymentProgress[] = []
  await new Route53Client({ region }).send(new CreateHostedZoneCommand({ Name: domain, CallerReference: environment }))
  const given = { plan: storefront, environment, root, planFile, signal: new AbortController().signal }
  const deployment = await deploymentOf(
    { ...given, told: progress => void told.push(progress) },
    { settings, assets: async () => ({ codes: [...(await bundles(environment)), pages], files: [] }), pollMs: 20 },
  )
  expect(await deployment.run()).toMatchObject({ end: 'done' })
  const { names } = systemOf(storefront, environment, settings)
  return {
    ...{ told, names },
    resources: part => stackAt({ moto, region }, `${names.prefix}-${part}`).resources(),
    async remove() {
      await before.close()
      vi.unstubAllEnvs()
    },
  }
}

const bundles = (environment: string) =>
  bundled({ plan: storefront, environment, root, planFile, conditions: ['groundplan-source'] }, settings)
const pages = { name: 'web', parameter: 'CodeWeb', hash: 'none', zip: new Uint8Array(1) }

/** Drivers on what the template made. Its stack goes with them. */
async function driversOn(shape: PlanShape, moto: string, ses: string): Promise<Drivers> {
  const there = await deployedIn(moto)
  const { prefix, bucketPrefix } = there.names
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
      await there.remove()
    },
  }
}

await allOf(['moto', 'ses'], (moto, ses) => {
  describe('S14: the template of storefront', () => {
    it('is deployed with the bundle of each service, and makes its tables, queues and buckets under the names of the driver', async () => {
      const there = await deployedIn(moto.endpoint)
      const made = await there.resources('infra')
      const of = (type: string) => made.filter(each => each.type === type).map(({ physicalId }) => physicalId)
      const { prefix } = there.names
      expect(of('AWS::DynamoDB::Table')).toContain(`${prefix}-orders`)
      expect(of('AWS::DynamoDB::Table')).toContain(`${prefix}-groundplan-outbox`)
      expect(of('AWS::SQS::Queue').join()).toContain(`${prefix}-product-updates.fifo`)
      expect(of('AWS::S3::Bucket').length).toBeGreaterThan(1)
      const uploaded = there.told.flatMap(({ what }) => /^code of (\S+) uploaded/.exec(what)?.[1] ?? [])
      expect(uploaded).toEqual(expect.arrayContaining(['backend', 'groundplan-carrier', 'web']))
      const parts = there.told.filter(({ state }) => state === 'done').map(({ part }) => part)
      expect([...new Set(parts)]).toEqual(['deployment', 'infra', 'edge', 'application'])
      await there.remove()
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
      const day = placed.ok ? placed.value.placedAt.slice(0, 10) : ''
      const { value } = await shop.as(operator, olga).ops.inbox({ params: { day } })
      expect(value.notices).toHaveLength(1)
      expect(await shop.mails()).toHaveLength(1)
      const seen = await shop.gateways.customer.product({ params: { productId: 'tea' } })
      expect(seen).toMatchObject({ value: { available: false } })
    })
  })
})
