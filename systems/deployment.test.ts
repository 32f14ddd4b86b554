/** Deployments against moto, with CloudFormation's change sets and events played before it. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation'
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { anyone, bucket, endpoint, gateway, plan, service, table } from '../framework/src/index.ts'
import type { DeploymentProgress, Plan, Shipping } from '../framework/src/target.ts'
import { askedOf, deploymentOf } from '../targets/aws/src/deploy/deployment.ts'
import type { Code } from '../targets/aws/src/deploy/plan.ts'
import { removalOf } from '../targets/aws/src/deploy/removal.ts'
import type { SiteFile } from '../targets/aws/src/deploy/site.ts'
import type { AwsSettings } from '../targets/aws/src/settings.ts'
import { smallest } from '../targets/aws/src/sizes.ts'
import { cloudFormationBefore, type StandIn } from '../targets/aws/src/test/cloudformation.ts'
import { settings, shop } from '../targets/aws/src/test/shop.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const stock = table('stock', { item: z.object({ product: z.string() }), key: ['product'] })
const pictures = bucket('pictures')
const show = endpoint('GET /stock', {
  summary: 'What is there',
  caller: anyone,
  returns: z.object({}),
  uses: { stock: stock.reader, pictures: pictures.writer },
  handle: () => ({}),
})
const small = plan('small', { gateways: { api: gateway(service('server', { show })) } })

await allOf(['moto'], moto => {
  const domain = `${randomUUID().slice(0, 8)}.example.org`
  let there: StandIn

  beforeAll(async () => {
    there = await cloudFormationBefore(moto.endpoint)
    vi.stubEnv('AWS_ENDPOINT_URL', there.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
    const client = new Route53Client({ region: settings.region })
    await client.send(new CreateHostedZoneCommand({ Name: domain, CallerReference: domain }))
  })
  afterEach(() => {
    Object.assign(there, { failing: undefined, holding: false, replacing: [], identity: undefined })
  })
  afterAll(async () => {
    await there.close()
    vi.unstubAllEnvs()
  })

  /** One system in an environment of its own. */
  function place(more: Partial<AwsSettings> = {}, of: Plan = small) {
    const environment = `d${randomUUID().slice(0, 6)}`
    const told: DeploymentProgress[] = []
    const at: AwsSettings = { ...settings, sizes: smallest, domain, ...more }
    let code = 'one'
    let files: readonly SiteFile[] = []
    let today = new Date('2026-03-01')
    const codes = (): readonly Code[] =>
      ['CodeServer', 'CodeBackend', 'CodeFront', 'CodeGroundplanCarrier', 'CodeWeb'].map(parameter => ({
        ...{ name: parameter.slice(4).toLowerCase(), parameter, hash: `${code}0`, zip: Buffer.from(code) },
      }))
    const assets = async () => ({ codes: codes(), files })
    const parts = { settings: at, assets, pollMs: 5, now: () => today }
    const shipping = (signal: AbortSignal): Shipping => ({
      ...{ plan: of, environment, root: '/', planFile: '/plan.ts', signal },
      told: progress => void told.push(progress),
    })
    return {
      told,
      environment,
      said: () => told.map(({ part, state, what, why }) => [part, state, what, why].filter(Boolean).join(' ')),
      stack: (part: string) => there.stack(`${of.name}-${environment}-${part}`),
      changeCode: () => {
        code = 'two'
      },
      /** What its site is built of from that day on. */
      builds: (day: string, built: readonly SiteFile[]) => {
        today = new Date(day)
        files = built
        code = day
      },
      deployment: (signal = new AbortController().signal, images?: string) =>
        deploymentOf({ ...shipping(signal), ...(images ? { images } : {}) }, parts),
      asked: () => askedOf({ plan: of, environment }, at),
      removal: () => removalOf(shipping(new AbortController().signal), at, 5),
    }
  }

  describe('groundplan deploy on AWS', () => {
    it('brings up all parts in their order, tells of each thing, and has nothing to do the second time', async () => {
      const { deployment, told, said, environment } = place({}, shop())
      const first = await deployment()
      expect(first.changes.changes.length).toBeGreaterThan(40)
      expect(await first.run()).toEqual({ end: 'done', addresses: [`https://shop.${domain}`] })
      const parts = [...new Set(told.filter(({ state }) => state === 'done').map(({ part }) => part))]
      expect(parts).toEqual(['deployment', 'infra', 'edge', 'application'])
      expect(said()).toContain(`infra done table shop-${environment}-products`)
      expect(told.find(({ state }) => state === 'done')?.tookMs).toBeGreaterThanOrEqual(0)
      const again = await deployment()
      expect(again.changes).toEqual({ changes: [], widens: [], loses: [] })
      const before = there.asked.filter(each => each.startsWith('Execute')).length
      expect(await again.run()).toMatchObject({ end: 'done' })
      expect(there.asked.filter(each => each.startsWith('Execute')).length).toBe(before)
    })

    it('uploads new code under its hash, says whose it is, and changes what runs', async () => {
      const { deployment, changeCode, said } = place()
      await (await deployment()).run()
      changeCode()
      const next = await deployment()
      expect(next.changes.changes).toContainEqual({
        ...{ does: 'changes', what: 'code of server' },
        how: [expect.stringContaining('two0')],
      })
      await next.run()
      expect(said().filter(line => line.startsWith('assets note code of server'))).toHaveLength(2)
      expect((await deployment()).changes.changes).toEqual([])
    })

    it('says the first cause of a failure and what became of the rest, and goes on when it is run again', async () => {
      const { deployment, stack, said, environment } = place()
      const why = 'Resource handler returned message: "small-test-stock already exists"'
      there.failing = { part: 'infra', id: 'TableStock', why }
      const failed = await (await deployment()).run()
      expect(failed).toEqual({
        ...{ end: 'failed', part: 'infra', what: `table small-${environment}-stock`, why },
        wayOut: expect.stringContaining('belongs to no stack'),
        after: 'what it had made is removed again',
      })
      expect([stack('deployment')?.status, stack('infra')?.status, stack('application')]).toEqual([
        'CREATE_COMPLETE',
        'ROLLBACK_COMPLETE',
        undefined,
      ])
      expect(said()).toContain('infra note goes back to what was there before')
      there.failing = undefined
      const again = await deployment()
      expect(await again.run()).toMatchObject({ end: 'done' })
      expect(said()).toContain('infra note what is left of a first try that failed is removed')
      expect(stack('application')?.status).toBe('CREATE_COMPLETE')
    })

    it('leaves what runs as it was where an update fails', async () => {
      const { deployment, changeCode, stack } = place()
      await (await deployment()).run()
      changeCode()
      const why = 'Resource handler returned message: "Your access has been denied by S3" (AccessDenied)'
      there.failing = { part: 'application', id: 'FunctionServer', why }
      expect(await (await deployment()).run()).toMatchObject({
        ...{ end: 'failed', part: 'application', why, after: 'everything is as it was before' },
        what: expect.stringContaining('function small-'),
        wayOut: expect.stringContaining('let the role that you deploy with'),
      })
      expect(stack('application')?.status).toBe('UPDATE_ROLLBACK_COMPLETE')
    })

    it('interrupted, leaves what was begun, and the next follows it to its end and goes on', async () => {
      const { deployment, stack, said } = place()
      const controller = new AbortController()
      const first = await deployment(controller.signal)
      there.holding = true
      const running = first.run()
      const begun = () => said().includes(`deployment begun bucket ${bucketOf(said())}`)
      await expect.poll(begun).toBe(true)
      controller.abort()
      expect(await running).toEqual({ end: 'left', part: 'deployment' })
      expect(stack('deployment')?.status).toBe('CREATE_IN_PROGRESS')
      const second = deployment()
      await expect.poll(() => said().join('\n')).toContain('this goes on when that has ended')
      there.holding = false
      expect(await (await second).run()).toMatchObject({ end: 'done' })
      expect(stack('application')?.status).toBe('CREATE_COMPLETE')
    })

    it('stops where CloudFormation would replace what holds data and nobody said so', async () => {
      const { deployment, changeCode, stack, environment } = place()
      await (await deployment()).run()
      changeCode()
      there.replacing = ['LogsServer']
      const next = await deployment()
      const replaced = next.run()
      await expect(replaced).rejects.toMatchObject({ code: 'plan-invalid', detail: expect.stringContaining('logs') })
      expect(stack('application')?.status, environment).toBe('CREATE_COMPLETE')
    })

    it('waits for images of containers when what they stand on is there', async () => {
      const { deployment, stack, environment } = place({ compute: 'containers' })
      const end = await (await deployment()).run()
      expect(end).toMatchObject({ end: 'waits', why: expect.stringContaining(`small-${environment}-server:<tag>`) })
      expect([stack('infra')?.status, stack('application')]).toEqual(['CREATE_COMPLETE', undefined])
    })

    it('says what to do where the zone of the domain is not there', async () => {
      const { deployment } = place({ domain: 'nowhere.example.org' })
      await expect(deployment()).rejects.toMatchObject({
        ...{ code: 'setting-missing', detail: expect.stringContaining('nowhere.example.org') },
        more: { wayOut: expect.stringContaining('create-hosted-zone') },
      })
    })
  })

  describe('the files of a site', () => {
    let folder: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'groundplan-site-files-'))
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    function built(...names: readonly string[]): readonly SiteFile[] {
      return names.map(name => {
        const path = join(folder, name)
        writeFileSync(path, `what ${name} is`)
        return { key: `_next/static/chunks/${name}`, path }
      })
    }

    async function inBucket(s3: S3Client, Bucket: string): Promise<readonly string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }))
      return Contents.map(({ Key = '' }) => Key.slice(Key.lastIndexOf('/') + 1)).sort()
    }

    it('are there with their types, to be kept for ever; those that no page names go a week after they were dropped', async () => {
      const { deployment, builds, environment, said } = place({}, shop())
      const deploys = async () => expect(await (await deployment()).run()).toMatchObject({ end: 'done' })
      builds('2026-03-01', built('one.js', 'all.css', 'logo.woff2'))
      await deploys()
      const clients = new CloudFormationClient({ region: settings.region })
      const of = { StackName: `shop-${environment}-application`, LogicalResourceId: 'SiteFiles' }
      const { StackResourceDetail } = await clients.send(new DescribeStackResourceCommand(of))
      const Bucket = StackResourceDetail?.PhysicalResourceId ?? ''
      const s3 = new S3Client({ region: settings.region })
      const headOf = (name: string) => s3.send(new HeadObjectCommand({ Bucket, Key: `_next/static/chunks/${name}` }))
      const CacheControl = 'public, max-age=31536000, immutable'
      expect(await headOf('one.js')).toMatchObject({ ContentType: 'text/javascript; charset=utf-8', CacheControl })
      expect(await headOf('all.css')).toMatchObject({ ContentType: 'text/css; charset=utf-8', CacheControl })
      expect(await headOf('logo.woff2')).toMatchObject({ ContentType: 'font/woff2', CacheControl })

      // A browser that has the pages of before open asks for their files still.
      builds('2026-03-10', built('two.js', 'all.css', 'logo.woff2'))
      await deploys()
      expect(await inBucket(s3, Bucket)).toEqual(['all.css', 'logo.woff2', 'one.js', 'two.js'])
      builds('2026-03-16', built('two.js', 'all.css'))
      await deploys()
      expect(await inBucket(s3, Bucket)).toEqual(['all.css', 'logo.woff2', 'one.js', 'two.js'])
      // Six days after the second drop, a week and more after the first; and one that is named again stays.
      builds('2026-03-22', built('three.js', 'all.css', 'logo.woff2'))
      await deploys()
      expect(await inBucket(s3, Bucket)).toEqual(['all.css', 'logo.woff2', 'three.js', 'two.js'])
      expect(said()).toContain('assets note 1 files removed that no page of the site has named for a week')
    })

    it('of pages that are not deployed, since that failed, take nothing away', async () => {
      const { deployment, builds, said } = place({}, shop())
      builds('2026-03-01', built('one.js'))
      await (await deployment()).run()
      builds('2026-03-02', built('two.js'))
      there.failing = { part: 'application', id: 'FunctionWeb', why: 'Internal Failure' }
      expect(await (await deployment()).run()).toMatchObject({ end: 'failed' })
      builds('2026-03-20', built('two.js'))
      there.failing = undefined
      expect(await (await deployment()).run()).toMatchObject({ end: 'done' })
      expect(said().filter(line => line.includes('files removed'))).toEqual([])
    })
  })

  describe('an environment that wants the approval of another', () => {
    const ada = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Deployers_1/ada@example.org'
    const again = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Reviewers_2/ada@example.org'
    const olga = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Reviewers_2/olga@example.org'

    it('deploys exactly what somebody else agreed to; another plan needs another approval', async () => {
      const { deployment, asked, changeCode, stack } = place({ approval: 'another' })
      there.identity = ada
      const first = await deployment()
      await expect(first.run()).rejects.toMatchObject({ code: 'not-allowed' })
      await first.ask()
      there.identity = again
      const request = await asked()
      expect(request).toMatchObject({ digest: first.digest, asked: { by: ada } })
      expect(request?.changes.changes.length).toBe(first.changes.changes.length - bucketOfDeployments)
      await expect(request?.approve()).rejects.toMatchObject({ code: 'not-allowed' })
      there.identity = olga
      expect(await (await asked())?.approve()).toMatchObject({ by: olga })
      there.identity = ada
      // Interrupted after a part: the rest goes on under the same approval.
      there.failing = { part: 'application', id: 'FunctionServer', why: 'Internal Failure' }
      const approved = await deployment()
      expect(approved.approved).toMatchObject({ by: olga })
      expect(await approved.run()).toMatchObject({ end: 'failed', part: 'application' })
      there.failing = undefined
      const rest = await deployment()
      expect(rest.approved).toMatchObject({ by: olga })
      expect(await rest.run()).toMatchObject({ end: 'done' })
      expect(stack('application')?.status).toBe('CREATE_COMPLETE')
      changeCode()
      const other = await deployment()
      expect(other.approved).toBeUndefined()
      await expect(other.run()).rejects.toMatchObject({ code: 'not-allowed' })
    })
  })

  describe('groundplan destroy on AWS', () => {
    it('wants what holds data named, empties buckets, and takes everything away, what runs first', async () => {
      const { deployment, removal, stack, environment, said } = place()
      await (await deployment()).run()
      const found = await removal()
      expect(found.mustBeNamed).toEqual(['pictures', 'stock'])
      const Bucket = `small-${domain.replaceAll('.', '-')}-${environment}-pictures`
      const s3 = new S3Client({ region: settings.region })
      for (const Body of ['one', 'two']) await s3.send(new PutObjectCommand({ Bucket, Key: 'cat.png', Body }))
      expect(await found.run()).toMatchObject({ end: 'done' })
      expect(said().join('\n')).toMatch(new RegExp(`infra note bucket ${Bucket} emptied: [12] versions of objects`))
      const removed = there.asked.filter(each => each.startsWith(`DeleteStack small-${environment}`))
      expect(removed.map(each => each.slice(each.lastIndexOf('-') + 1))).toEqual(['application', 'infra', 'deployment'])
      expect(stack('infra')).toBeUndefined()
      expect((await removal()).things).toEqual([])
    })

    it('wants a protected stack named too, and says what stays', async () => {
      const { deployment, removal, stack, environment } = place({ sizes: { ...smallest, protectData: true } })
      await (await deployment()).run()
      expect(stack('infra')?.isProtected).toBe(true)
      const found = await removal()
      expect(found.mustBeNamed).toContain(`small-${environment}-infra`)
      expect(found.things.filter(({ stays }) => stays).map(({ name }) => name)).toContain('stock')
    })
  })
})

/** The bucket of deployments is there before anybody is asked. */
const bucketOfDeployments = 2

function bucketOf(said: readonly string[]): string {
  return said.join('\n').match(/bucket (\S+-groundplan-deployments)/)?.[1] ?? 'none yet'
}
