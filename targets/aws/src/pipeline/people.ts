/**
 * Who may do what by hand: permission sets of IAM Identity Center, for people who sign in with `aws sso login`. They are
 * made of the statements that the roles of pipelines have. The template belongs to the organization's account, or the one
 * that it lets look after Identity Center, and says what people may do in the environment's: so the account and the region
 * of the environment stand in it, not those that it is deployed in.
 */
import { CfnAssignment, CfnPermissionSet } from 'aws-cdk-lib/aws-sso'
import { document } from '../application/roles.ts'
import { asked, type Kit } from '../kit.ts'
import { account, idOf, region, shortened } from '../names.ts'
import type { Statement } from '../policy.ts'
import type { People } from '../settings.ts'
import { imagesOf, type System } from '../system.ts'
import { agrees, looksAt, ships } from './rights.ts'

interface May {
  readonly does: keyof People
  readonly says: string
  /** How long somebody stays signed in. */
  readonly lasts: 'PT1H' | 'PT4H' | 'PT8H'
  readonly rights: readonly Statement[]
}

export function people(kit: Kit): void {
  const instance = asked(kit, 'InstanceArn', 'The instance of IAM Identity Center')
  const target = asked(kit, 'AccountId', `The account of ${kit.system.environment}`, { allowedPattern: '[0-9]{12}' })
  for (const may of sets(kit.system)) {
    const set = permissionSet(kit, may, instance)
    for (const group of kit.system.settings.people[may.does] ?? []) {
      new CfnAssignment(kit.stack, idOf('May', may.does, group), {
        ...{ instanceArn: instance, permissionSetArn: set.attrPermissionSetArn },
        ...{ principalType: 'GROUP', principalId: group, targetType: 'AWS_ACCOUNT', targetId: target },
      })
    }
  }
}

/** Whoever deploys does not agree: who may do both has two sets, and never agrees to what he asked for himself. */
function sets(system: System): readonly May[] {
  const { approval, people: groups } = system.settings
  const looks = looksAt(system)
  const repositories = imagesOf(system).map(name => system.names.service(name))
  const approves = approval === 'another' || (groups.approve ?? []).length > 0
  return [
    { does: 'deploy', says: 'Deploys it', lasts: 'PT4H', rights: ships(system, repositories) },
    ...(approves ? [agreeing([...agrees(system), ...looks])] : []),
    { does: 'read', says: 'Sees how it goes', lasts: 'PT8H', rights: looks },
  ]
}

function agreeing(rights: readonly Statement[]): May {
  return { does: 'approve', says: 'Agrees to what somebody else asked to deploy', lasts: 'PT1H', rights }
}

function permissionSet({ stack, system }: Kit, { does, says, lasts, rights }: May, instance: string): CfnPermissionSet {
  const policy = JSON.stringify(document(...rights))
  return new CfnPermissionSet(stack, idOf('People', does), {
    instanceArn: instance,
    name: shortened(`${system.names.prefix}-${does}`, 32),
    description: `${says}: ${system.plan.title ?? system.plan.name}, ${system.environment}`,
    sessionDuration: lasts,
    inlinePolicy: JSON.parse(policy.replaceAll(account, `\${AccountId}`).replaceAll(region, system.settings.region)),
  })
}
