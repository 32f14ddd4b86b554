import { anyone, endpoint } from 'groundplan'
import type { Plan, TargetChanges, TargetFiles } from 'groundplan/target'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { account, partition, region } from '../names.ts'
import type { AwsSettings } from '../settings.ts'
import { smallest, usual } from '../sizes.ts'
import { templatesOf } from '../synth.ts'
import { systemOf } from '../system.ts'
import { orders, products, settings, shop } from '../test/shop.ts'
import { compared } from './compare.ts'

// The first of them loads the CDK.
vi.setConfig({ testTimeout: 60_000 })

const filesOf = async (plan: Plan, more: Partial<AwsSettings> = {}): Promise<TargetFiles> =>
  templatesOf(systemOf(plan, 'test', { ...settings, ...more }))

async function between(before: Plan, after: Plan, was = {}, is = was): Promise<TargetChanges> {
  return compared(await filesOf(before, was), await filesOf(after, is))
}

const route = { summary: 'Another', caller: anyone, returns: z.object({}), handle: () => ({}) } as const

describe('groundplan diff on AWS', () => {
  it('says nothing where nothing changes', async () => {
    expect(await between(shop(), shop())).toEqual({ changes: [], widens: [], loses: [] })
  })

  it('C9, S14: shows a new grant as a wider permission: whose, what, on what', async () => {
    const other = endpoint('GET /other', { ...route, uses: { orders: orders.reader } })
    const { widens, loses } = await between(shop(), shop({ other }))
    const table = `arn:${partition}:dynamodb:${region}:${account}:table/shop-test-orders`
    expect(widens).toEqual([
      `role RoleFront may dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:Query on ${table}`,
      'everybody reaches GET of RouteApiOther',
    ])
    expect(loses).toEqual([])
  })

  it('shows a right that grows from reading to writing, and only what is more', async () => {
    const reads = endpoint('GET /other', { ...route, uses: { orders: orders.reader } })
    const writes = endpoint('GET /other', { ...route, uses: { orders: orders.writer } })
    const { widens } = await between(shop({ other: reads }), shop({ other: writes }))
    expect(widens).toHaveLength(1)
    expect(widens[0]).toMatch(/^role RoleFront may dynamodb:ConditionCheckItem.*PutItem.*shop-test-orders$/)
    expect((await between(shop({ other: writes }), shop({ other: reads }))).widens).toEqual([])
  })

  it('shows a credential that is no longer asked for', async () => {
    const after = await filesOf(shop())
    const before = edited(after, 'CloudFormation-application.json', template => {
      template.Resources.RouteApiBrowse.Properties.RequestParameters = { 'method.request.header.x-api-key': true }
    })
    expect(compared(before, after).widens).toEqual(['everybody reaches GET of RouteApiBrowse'])
    expect(compared(after, before).widens).toEqual(['whoever shows x-api-key reaches GET of RouteApiBrowse'])
  })

  it('shows a network path that a new grant opens between containers', async () => {
    const containers = { compute: 'containers' } as const
    const alone = shop()
    const { widens } = await between(alone, alone, containers)
    expect(widens).toEqual([])
    const before = await filesOf(alone, containers)
    const closed = edited(before, 'CloudFormation-application.json', template => {
      for (const name of ['PathFrontToBackendIn', 'PathFrontToBackendOut']) delete template.Resources[name]
    })
    const reached = compared(closed, before).widens
    expect(reached).toEqual([
      'GroupBackend is reached by GroupFront on port 7400',
      'GroupFront reaches GroupBackend on port 7400',
    ])
    expect(compared(before, closed).widens).toEqual([])
  })

  it('shows what stands open: a wider range, a firewall that goes, a bucket that may be public', async () => {
    const before = await filesOf(shop(), { compute: 'containers' })
    const { widens } = await between(
      shop(),
      shop(),
      { compute: 'containers' },
      { compute: 'containers', sizes: { ...usual, firewall: false } },
    )
    expect(widens).toEqual(['Balancer stands without a firewall'])
    const open = edited(before, 'CloudFormation-infra.json', template => {
      delete template.Resources.BucketPictures.Properties.PublicAccessBlockConfiguration
      delete template.Resources.BucketPolicyPictures
    })
    const said = compared(before, open).widens.join('\n')
    expect(said).toContain('bucket BucketPictures can be made public')
  })

  it('shows data that would be lost: of a table that goes, of one that is made anew', async () => {
    const without = await filesOf(shop(), { sizes: smallest })
    const gone = edited(without, 'CloudFormation-infra.json', template => {
      delete template.Resources.TableOrders
    })
    expect(compared(without, gone).loses).toEqual(['what table shop-test-orders holds is removed with it'])
    const other = edited(without, 'CloudFormation-infra.json', template => {
      template.Resources.TableOrders.Properties.KeySchema.push({ AttributeName: 's', KeyType: 'RANGE' })
    })
    const { changes, loses } = compared(without, other)
    expect(changes).toMatchObject([{ does: 'replaces', what: 'table shop-test-orders' }])
    expect(loses).toEqual(['what table shop-test-orders holds is removed with it'])
  })

  it('says that a table of an environment that protects its data stays when it leaves the plan', async () => {
    const before = await filesOf(shop())
    const gone = edited(before, 'CloudFormation-infra.json', template => {
      delete template.Resources.TableOrders
    })
    const { changes, loses } = compared(before, gone)
    expect(loses).toEqual([])
    expect(changes).toEqual([
      { does: 'removes', what: 'table shop-test-orders', how: ['it stays where it is, without a template'] },
    ])
    expect(products.name).toBe('products')
  })

  it('shows all as made, and all that is open as wider, where nothing was before', async () => {
    const { changes, widens } = compared({}, await filesOf(shop()))
    expect(new Set(changes.map(({ does }) => does))).toEqual(new Set(['makes']))
    expect(widens).toContain('everybody reaches GET of RouteApiBrowse')
  })
})

// biome-ignore lint/suspicious/noExplicitAny: a template is any JSON, and a test knows its own.
function edited(files: TargetFiles, name: string, edit: (template: any) => void): TargetFiles {
  const template: unknown = JSON.parse(files[name] ?? '{}')
  edit(template)
  return { ...files, [name]: JSON.stringify(template) }
}
