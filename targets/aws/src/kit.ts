/** What the parts of a template share: the stack they stand in, and how one template refers to another. */
import { CfnDeletionPolicy, CfnOutput, CfnParameter, type CfnResource, Fn, type Stack } from 'aws-cdk-lib'
import { databasesOf, type System } from './system.ts'

export interface Kit {
  readonly stack: Stack
  readonly system: System
}

/** Makes a value known to the other templates of this system and environment. */
export function exported({ stack, system }: Kit, id: string, value: string, description: string): void {
  new CfnOutput(stack, id, { value, description, exportName: `${system.names.prefix}-${id}` })
}

export function imported({ system }: Kit, id: string): string {
  return Fn.importValue(`${system.names.prefix}-${id}`)
}

/** What holds data stays where it is when it leaves the template, where data is protected; what a failed first try made goes. */
export function keepsData<R extends CfnResource>(kit: Kit, resource: R): R {
  if (!kit.system.settings.sizes.protectData) return resource
  resource.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
  return resource
}

/** What a process is told about where it is: as variables of its environment. */
export function variables({ system }: Kit): Readonly<Record<string, string>> {
  const { names, environment, plan, settings } = system
  return {
    GROUNDPLAN_SYSTEM: plan.name,
    GROUNDPLAN_ENVIRONMENT: environment,
    GROUNDPLAN_AWS_PREFIX: names.prefix,
    GROUNDPLAN_AWS_BUCKET_PREFIX: names.bucketPrefix,
    GROUNDPLAN_HOST: settings.host,
  }
}

/** Where the web front asks for data: at the system's own address, which leads to its gateways. */
export function frontVariables({ system }: Kit): Readonly<Record<string, string>> {
  return { GROUNDPLAN_ADDRESS: `https://${system.settings.host}` }
}

/** Where the databases are, for a service that uses them. */
export function databaseVariables(kit: Kit, service: string): Readonly<Record<string, string>> {
  const uses = kit.system.services.some(({ name, usesDatabases }) => name === service && usesDatabases)
  return uses ? databasesVariables(kit) : {}
}

/** Where they are, where the plan has any. */
export function databasesVariables(kit: Kit): Readonly<Record<string, string>> {
  if (databasesOf(kit.system).length === 0) return {}
  return {
    GROUNDPLAN_AWS_DATABASE_URL: Fn.join('', [
      'postgres://groundplan@',
      imported(kit, 'DatabaseHost'),
      ':5432/groundplan?sslmode=verify-full',
    ]),
    GROUNDPLAN_AWS_DATABASE_LOGIN: imported(kit, 'DatabaseLoginArn'),
  }
}

/** Refuses whoever does not come encrypted. */
export function onlyEncrypted(action: string, resources: readonly unknown[]) {
  return {
    Sid: 'OnlyEncrypted',
    Effect: 'Deny',
    Principal: '*',
    Action: action,
    Resource: resources,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }
}

/** What differs by account and is asked for when a template is deployed: each once. */
export function asked(
  { stack }: Kit,
  id: string,
  description: string,
  more: { readonly type?: string; readonly allowedPattern?: string } = {},
): string {
  const known = stack.node.tryFindChild(id)
  if (known instanceof CfnParameter) return known.valueAsString
  return new CfnParameter(stack, id, { type: 'String', description, ...more }).valueAsString
}

export function zoneId(kit: Kit): string {
  const { domain } = kit.system.settings
  return asked(kit, 'HostedZoneId', `The zone of ${domain} in Route 53`, { type: 'AWS::Route53::HostedZone::Id' })
}
