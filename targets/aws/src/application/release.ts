/** The machine that moves traffic level by level, where the environment's stage says so; and what it may do. */
import { Fn } from 'aws-cdk-lib'
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { imported, type Kit } from '../kit.ts'
import { account, partition, region } from '../names.ts'
import { asText, type PolicyDocument } from '../policy.ts'
import { carrier } from '../rights.ts'
import type { System } from '../system.ts'
import { shiftOf } from '../traffic.ts'
import { logGroup } from './logs.ts'
import { releaseMachine } from './release-machine.ts'
import { document, roleOf, writesTraces } from './roles.ts'

/** Its name: pipelines start it after a deployment. */
export function releaseName({ names }: System): string {
  return `${names.prefix}-release`
}

/** @param alarms names of those that take everything back */
export function release(kit: Kit, alarms: readonly string[]): void {
  const { system, stack } = kit
  const shift = shiftOf(system)
  if (shift.by !== 'machine') return
  const functions = functionsInOrder(system).map(name => system.names.service(name))
  const of = `${system.plan.name} in ${system.environment}`
  const operations = imported(kit, 'OperationsTopicArn')
  new CfnStateMachine(stack, 'Release', {
    stateMachineName: releaseName(system),
    stateMachineType: 'STANDARD',
    definition: releaseMachine({ of, functions, alarms, levels: shift.levels }),
    definitionSubstitutions: {
      Operations: operations,
      Region: Fn.ref('AWS::Region'),
    },
    roleArn: roleOf(kit, 'ReleaseRole', 'states.amazonaws.com', {
      moves: movesTraffic(functions, operations, imported(kit, 'KeyArn')),
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

function movesTraffic(functions: readonly string[], operations: string, keyArn: string): PolicyDocument {
  const arn = (name: string) => `arn:${partition}:lambda:${region}:${account}:function:${name}`
  const alarms = asText(`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`)
  return document(
    {
      Sid: 'Functions',
      Effect: 'Allow',
      Action: ['lambda:GetAlias', 'lambda:PublishVersion', 'lambda:UpdateAlias'],
      Resource: functions.flatMap(name => [asText(arn(name)), asText(`${arn(name)}:live`)]),
    },
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
