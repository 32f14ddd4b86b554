/** Roles: one for each service, with the rights that the plan's grants give it; and what Amazon itself may do for it. */
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import { imported, type Kit } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type PolicyDocument, policyOf, type Statement } from '../policy.ts'
import type { Right } from '../rights.ts'

/** The policy of a service, or of the carrier, as the template has it. */
export function rightsPolicy(kit: Kit, rights: readonly Right[]): PolicyDocument {
  const { names, tables, services } = kit.system
  return policyOf(rights, {
    names,
    tables,
    keyArn: imported(kit, 'KeyArn'),
    databaseLoginArn: imported(kit, 'DatabaseLoginArn'),
    isFunction: name => services.some(each => each.name === name && each.compute === 'functions'),
  })
}

/** A role that Amazon's service takes on for a service of the plan. */
export function roleOf(
  { stack }: Kit,
  id: string,
  assumedBy: string,
  policies: Readonly<Record<string, PolicyDocument>>,
): CfnRole {
  return new CfnRole(stack, id, {
    assumeRolePolicyDocument: trust(assumedBy),
    policies: Object.entries(policies).map(([policyName, policyDocument]) => ({ policyName, policyDocument })),
  })
}

function trust(Service: string) {
  const statement = { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }
  // Lambda tells no account when it takes on a role.
  const Condition = { StringEquals: { 'aws:SourceAccount': asText(account) } }
  const own = Service === 'lambda.amazonaws.com' ? statement : { ...statement, Condition }
  return { Version: '2012-10-17', Statement: [own] }
}

/** Writing into one group of logs. */
export function writesLogs(group: string): Statement {
  return {
    Sid: 'Logs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [asText(`arn:${partition}:logs:${region}:${account}:log-group:${group}:*`)],
  }
}

/** Traces of X-Ray belong to no resource. */
export const writesTraces: Statement = {
  Sid: 'Traces',
  Effect: 'Allow',
  Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
  Resource: ['*'],
}

/** A function in a network has interfaces there, which Lambda makes for it: these actions know no resource. */
export const joinsNetwork: Statement = {
  Sid: 'Network',
  Effect: 'Allow',
  Action: ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces'],
  Resource: ['*'],
}

export function document(...statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

export function roleId(service: string): string {
  return idOf('Role', service)
}

/** Of the role that starts its tasks. */
export function startingRoleId(container: string): string {
  return idOf('StartingRole', container)
}
