/**
 * Taking a system away: what runs first, what it stands on after it. What holds data of the plan, and what is protected,
 * goes only where whoever removes it named it; what its template keeps stays where it is. Buckets are emptied before they
 * go, since CloudFormation removes none that holds something.
 */
import { DeleteObjectsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { type DeploymentEnd, fault, type Removal, type Removed, type Shipping } from 'groundplan/target'
import { kindOf, whatIs } from '../compare/kinds.ts'
import { type Resource, resourcesIn } from '../compare/templates.ts'
import type { AwsSettings } from '../settings.ts'
import { whoIs } from './approvals.ts'
import { calling } from './clients.ts'
import { following, followWhatRuns, type There, thereOf } from './deployment.ts'
import { order, regionOf, stackName } from './plan.ts'
import { afterwards, wayOutOf } from './reasons.ts'
import type { StackNow } from './stacks.ts'

interface Standing {
  readonly part: string
  readonly stack: string
  readonly region: string
  readonly now: StackNow
  readonly resources: readonly Resource[]
}

export async function removalOf(shipping: Shipping, settings: AwsSettings, pollMs?: number): Promise<Removal> {
  const there = thereOf(shipping, settings, pollMs)
  const { arn, account } = await whoIs(there.clients)
  await followWhatRuns(there, shipping)
  const standing = await standingIn(there)
  return {
    to: `${there.system.settings.region}, account ${account}, as ${arn}`,
    things: standing.flatMap(({ resources }) => resources.map(resource => removed(there, resource))),
    mustBeNamed: [
      ...standing.filter(({ now }) => now.isProtected).map(({ stack }) => stack),
      ...standing.flatMap(({ resources }) => resources.filter(isOfPlan).map(resource => nameOf(there, resource))),
    ],
    run: () => removes(there, shipping, standing),
  }
}

/** What stands, what runs before what it stands on. */
async function standingIn(there: There): Promise<readonly Standing[]> {
  const found: Standing[] = []
  for (const part of order.toReversed()) {
    const [stack, region] = [stackName(there.system, part), regionOf(there.system, part)]
    const now = await there.stacksIn(region).now(stack)
    if (now) found.push({ part, stack, region, now, resources: [...resourcesIn({ [part]: now.template }).values()] })
  }
  return found
}

const dataOfPlans = new Set([
  'AWS::DynamoDB::Table',
  'AWS::RDS::DBCluster',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
])

/** What the plan keeps. Messages on their way, logs and what the framework keeps for itself go with the rest. */
function isOfPlan(resource: Resource): boolean {
  const named = kindOf(resource).named
  const name = named === undefined ? undefined : resource.properties[named]
  return dataOfPlans.has(resource.type) && typeof name === 'string' && !/[-@/]groundplan-/.test(name)
}

/** As the plan calls it. */
function nameOf({ system }: There, resource: Resource): string {
  const named = kindOf(resource).named ?? ''
  const { prefix, bucketPrefix } = system.names
  const name = String(resource.properties[named] ?? resource.id)
  const begin = [`${bucketPrefix}-`, `${prefix}-`, `${prefix}@${system.plan.name}/`, `${prefix}@`]
  return name.slice(begin.find(each => name.startsWith(each))?.length ?? 0)
}

function removed(there: There, resource: Resource): Removed {
  const { holdsData } = kindOf(resource)
  return { what: whatIs(resource), name: nameOf(there, resource), holdsData, stays: resource.kept }
}

async function removes(there: There, shipping: Shipping, standing: readonly Standing[]): Promise<DeploymentEnd> {
  for (const each of standing) {
    if (shipping.signal.aborted) return { end: 'left', part: each.part }
    const failed = await removesOne(there, shipping, each)
    if (failed) return failed
  }
  return { end: 'done', addresses: [] }
}

async function removesOne(
  there: There,
  shipping: Shipping,
  { part, stack, region, now, resources }: Standing,
): Promise<DeploymentEnd | undefined> {
  const stacks = there.stacksIn(region)
  if (now.isProtected) await stacks.protect(stack, false)
  for (const bucket of resources.filter(({ type, kept }) => type === 'AWS::S3::Bucket' && !kept)) {
    const name = await stacks.physicalId(stack, bucket.id)
    if (name !== undefined) await emptied(there, name, shipping, part)
  }
  await stacks.remove(stack)
  const found = await following(there, shipping, part, now.template, now.id)
  if (found.end === 'done') return undefined
  if (found.end === 'left') return { end: 'left', part }
  const { what, why } = found.cause ?? { what: 'the stack', why: found.status }
  return { end: 'failed', part, what, why, wayOut: wayOutOf(why), after: afterwards(found.status) }
}

/** Takes out every version of every object. */
async function emptied({ clients }: There, Bucket: string, { told, signal }: Shipping, part: string): Promise<void> {
  const { s3 } = clients
  let count = 0
  await calling(`emptying ${Bucket}`, async () => {
    while (!signal.aborted) {
      // From the beginning each time: what was listed before is gone.
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket }))
      const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
      if (all.length === 0) return
      const Objects = all.map(({ Key = '', VersionId }) => ({ Key, ...(VersionId ? { VersionId } : {}) }))
      const { Errors: [error] = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
      if (error) throw fault('engine-unavailable', `${error.Key} of ${Bucket} cannot be removed: ${error.Message}`)
      count += Objects.length
    }
  })
  if (count > 0) told({ part, what: `bucket ${Bucket} emptied: ${count} versions of objects`, state: 'note' })
}
