/** The machine that moves traffic level by level, where the environment's stage says so; and what it may do. */
import { Fn } from 'aws-cdk-lib'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { imported, type Kit } from '../kit.ts'
import { account, partition, region } from '../names.ts'
import { asText, type PolicyDocument, type Statement } from '../policy.ts'
import { carrier } from '../rights.ts'
import { type System, web } from '../system.ts'
import { dividesContainers, shiftOf } from '../traffic.ts'
import type { Balanced, Door } from './balancer.ts'
import { logGroup } from './logs.ts'
import { containerMover, type MovedContainer } from './release-containers.ts'
import { functionMover } from './release-functions.ts'
import { type Mover, releaseMachine } from './release-machine.ts'
import { placeholder } from './release-states.ts'
import { document, roleId, roleOf, startingRoleId, writesTraces } from './roles.ts'

/** Its name: pipelines start it after a deployment. */
export function releaseName({ names }: System): string {
  return `${names.prefix}-release`
}

/** The service of ECS that runs what is new of a container while it gets its calls level by level. */
export function newServiceName({ names }: System, container: string): string {
  return names.service(`${container}_new`)
}

/** How what is new gets its calls, what the template says of it, and what that takes. */
interface Moving {
  readonly mover: Mover
  readonly substitutions: Readonly<Record<string, string>>
  readonly rights: readonly Statement[]
}

/** @param alarms names of those that take everything back */
export function release(kit: Kit, alarms: readonly string[], balanced: Balanced | undefined): void {
  const { system, stack } = kit
  const shift = shiftOf(system)
  if (shift.by !== 'machine') return
  const { mover, substitutions, rights } =
    balanced && dividesContainers(system) ? movesContainers(kit, balanced) : movesFunctions(system)
  const of = `${system.plan.name} in ${system.environment}`
  const operations = imported(kit, 'OperationsTopicArn')
  new CfnStateMachine(stack, 'Release', {
    stateMachineName: releaseName(system),
    stateMachineType: 'STANDARD',
    definition: releaseMachine({ of, mover, alarms, levels: shift.levels }),
    definitionSubstitutions: { ...substitutions, Operations: operations, Region: Fn.ref('AWS::Region') },
    roleArn: roleOf(kit, 'ReleaseRole', 'states.amazonaws.com', {
      moves: movesTraffic(rights, operations, imported(kit, 'KeyArn')),
      logs: document(tellsLogs, writesTraces),
    }).attrArn,
    loggingConfiguration: {
      level: 'ALL',
      includeExecutionData: true,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroup(kit, 'release').attrArn } }],
    },
    tracingConfiguration: { enabled: true },
  })
}

function movesFunctions(system: System): Moving {
  const functions = functionsInOrder(system).map(name => system.names.service(name))
  const arn = (name: string) => `arn:${partition}:lambda:${region}:${account}:function:${name}`
  const right: Statement = {
    Sid: 'Functions',
    Effect: 'Allow',
    Action: ['lambda:GetAlias', 'lambda:PublishVersion', 'lambda:UpdateAlias'],
    Resource: functions.flatMap(name => [asText(arn(name)), asText(`${arn(name)}:live`)]),
  }
  return { mover: functionMover(functions), substitutions: {}, rights: [right] }
}

// ---------- containers

/** The gateway's service first, since pages ask it. */
function movesContainers(kit: Kit, { doors }: Balanced): Moving {
  const { system } = kit
  const { tasksLeast, tasksMost } = system.settings.sizes
  const found = [...doors].flatMap(([name, door]) => {
    const { newTarget } = door
    return newTarget ? [{ name, door, newTarget, moved: movedContainer(system, name, door) }] : []
  })
  const substitutions = Object.fromEntries(
    found.flatMap(({ door: { target, rules }, newTarget }) =>
      [target, newTarget, ...rules].map(each => [each.logicalId, each.ref] as const),
    ),
  )
  const containers = found.map(({ moved }) => moved)
  return {
    mover: containerMover({ cluster: system.names.prefix, containers, tasksLeast, tasksMost }),
    substitutions,
    rights: rightsOnContainers(
      kit,
      containers,
      found.map(({ name }) => name),
      found.flatMap(({ door }) => door.rules.map(({ ref }) => ref)),
    ),
  }
}

function movedContainer(system: System, name: string, { target, newTarget, rules }: Door): MovedContainer {
  if (newTarget === undefined) throw new Error(`the service "${name}" has no place for what is new`)
  const { prefix } = system.names
  const [service, newService] = [system.names.service(name), newServiceName(system, name)]
  return {
    ...{ service, newService },
    ...{ scales: `service/${prefix}/${service}`, newScales: `service/${prefix}/${newService}` },
    group: placeholder(target.logicalId),
    newGroup: placeholder(newTarget.logicalId),
    rules: rules.map(({ logicalId }) => placeholder(logicalId)),
    isSticky: name === web,
  }
}

function rightsOnContainers(
  { stack, system }: Kit,
  containers: readonly MovedContainer[],
  names: readonly string[],
  rules: readonly string[],
): readonly Statement[] {
  const service = (name: string) =>
    asText(`arn:${partition}:ecs:${region}:${account}:service/${system.names.prefix}/${name}`)
  const roles = names.flatMap(name =>
    [roleId(name), startingRoleId(name)].flatMap(id => {
      const role = stack.node.findChild(id)
      return role instanceof CfnRole ? [role.attrArn] : []
    }),
  )
  return [
    {
      Sid: 'Services',
      Effect: 'Allow',
      Action: ['ecs:DescribeServices', 'ecs:UpdateService'],
      Resource: containers.flatMap(each => [service(each.service), service(each.newService)]),
    },
    { Sid: 'Doors', Effect: 'Allow', Action: ['elasticloadbalancing:ModifyRule'], Resource: rules },
    {
      Sid: 'Scaling',
      Effect: 'Allow',
      Action: ['application-autoscaling:RegisterScalableTarget'],
      // Its numbers are Amazon's to give.
      Resource: [asText(`arn:${partition}:application-autoscaling:${region}:${account}:scalable-target/*`)],
      Condition: { StringEquals: { 'application-autoscaling:service-namespace': 'ecs' } },
    },
    {
      Sid: 'Tasks',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: roles,
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
  ]
}

// ---------- functions

/** Those first that others ask; the carrier, which nobody asks, at the end. */
export function functionsInOrder({ services, carrier: carrying }: System): readonly string[] {
  const found: string[] = []
  const visit = (name: string): void => {
    if (found.includes(name)) return
    for (const asked of services.find(each => each.name === name)?.asks ?? []) visit(asked)
    if (!found.includes(name)) found.push(name)
  }
  for (const { name } of services) visit(name)
  const isFunction = (name: string) => services.some(each => each.name === name && each.compute === 'functions')
  return [...found.filter(isFunction), ...(carrying ? [carrier] : [])]
}

function movesTraffic(rights: readonly Statement[], operations: string, keyArn: string): PolicyDocument {
  const alarms = asText(`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`)
  return document(
    ...rights,
    // One call for all: it may be bounded by account and region alone.
    { Sid: 'Alarms', Effect: 'Allow', Action: ['cloudwatch:DescribeAlarms'], Resource: [alarms] },
    { Sid: 'Operations', Effect: 'Allow', Action: ['sns:Publish'], Resource: [operations] },
    { Sid: 'Sealed', Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: [keyArn] },
  )
}

/** A machine's log is set up by the account: these actions know no resource. */
const tellsLogs = {
  Sid: 'Logs',
  Effect: 'Allow',
  Action: [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ],
  Resource: ['*'],
} as const
