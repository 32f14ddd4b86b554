/**
 * Functions: one of Lambda for each service that runs so, and the carrier, which sends on what waits in the outbox,
 * delivers mail and looks at alarms. Whoever calls a service calls its alias `live`: a deployment publishes a version of
 * the new code or new settings, and moves `live` to it, at once or step by step.
 */
import { createHash } from 'node:crypto'
import { Fn } from 'aws-cdk-lib'
import { CfnAlias, CfnEventSourceMapping, CfnFunction, CfnVersion } from 'aws-cdk-lib/aws-lambda'
import { mailQueue, resourcesOf } from 'groundplan/target'
import { asked, databaseVariables, imported, type Kit, variables } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { carrier, queueOf, type Right } from '../rights.ts'
import { functionsInNetwork, functionTimeoutS } from '../system.ts'
import { shiftOf } from '../traffic.ts'
import { logGroup, logGroupName } from './logs.ts'
import { othersVariables } from './neighbours.ts'
import { document, joinsNetwork, rightsPolicy, roleId, roleOf, writesLogs, writesTraces } from './roles.ts'
import { eachMinute, schedules } from './schedule.ts'
import type { TaskGroups } from './task-groups.ts'
import { uploadVariables } from './uploads.ts'

/** What others call of a function. */
export interface Live {
  readonly service: string
  readonly arn: string
}

export interface Functions {
  readonly live: readonly Live[]
  /** The carrier, where there is one. */
  readonly carrying: string | undefined
}

export function functions(kit: Kit, groups: TaskGroups): Functions {
  const { services, carrier: carrying } = kit.system
  const live = services
    .filter(({ compute }) => compute === 'functions')
    .map(service => {
      const { name, rights } = service
      const inNetwork = functionsInNetwork(kit.system).includes(service)
      const group = inNetwork ? { group: groups.of(name) } : {}
      const made = liveFunction(kit, { name, rights, timeoutS: functionTimeoutS(service), ...group })
      sources(kit, name, made)
      schedules(kit, name, made)
      return { service: name, arn: made }
    })
  if (!carrying) return { live, carrying: undefined }
  const arn = liveFunction(kit, { name: carrier, rights: carrying, timeoutS: 60 })
  carry(kit, arn)
  return { live, carrying: arn }
}

interface Made {
  readonly name: string
  readonly rights: readonly Right[]
  readonly timeoutS: number
  /** Where it is in the network. */
  readonly group?: string
}

function liveFunction(kit: Kit, made: Made): string {
  const { stack, system } = kit
  const { name } = made
  const code = { s3Bucket: asked(kit, 'CodeBucket', 'Where the code of functions is'), s3Key: codeKey(kit, name) }
  const lambda = new CfnFunction(stack, idOf('Function', name), functionProps(kit, made, code))
  const version = versionOf(kit, name, lambda)
  const { provisioned } = system.settings.sizes
  const warm = provisioned > 0 && name !== carrier
  return new CfnAlias(stack, idOf('Live', name), {
    name: 'live',
    functionName: lambda.ref,
    functionVersion: version.attrVersion,
    ...(warm ? { provisionedConcurrencyConfig: { provisionedConcurrentExecutions: provisioned } } : {}),
  }).ref
}

/**
 * A picture of the code and its settings: others make another version, and `live` goes over to it, or back. Where a machine
 * moves `live`, the stack makes the first and no other.
 */
function versionOf({ stack, system }: Kit, name: string, lambda: CfnFunction): CfnVersion {
  if (shiftOf(system).by === 'machine')
    return new CfnVersion(stack, idOf('Version', name), { functionName: lambda.ref })
  const mark = createHash('sha256').update(JSON.stringify(stack.resolve(lambda._toCloudFormation())))
  const description = Fn.sub(`${mark.digest('hex').slice(0, 12)} \${${idOf('Code', name)}}`)
  return new CfnVersion(stack, idOf('Version', name), { functionName: lambda.ref, description })
}

function codeKey(kit: Kit, name: string): string {
  return asked(kit, idOf('Code', name), `The key of the bundle of ${name} there`)
}

function functionProps(kit: Kit, { name, rights, timeoutS, group }: Made, code: { s3Bucket: string; s3Key: string }) {
  const { names, settings } = kit.system
  const around = document(writesLogs(logGroupName(kit, name)), writesTraces, ...(group ? [joinsNetwork] : []))
  const databases = databaseVariables(kit, name)
  const policies = { rights: rightsPolicy(kit, rights), around }
  return {
    functionName: names.service(name),
    runtime: 'nodejs24.x',
    architectures: ['arm64'],
    handler: 'index.handler',
    code,
    memorySize: settings.sizes.functionMemoryMb,
    timeout: timeoutS,
    role: roleOf(kit, roleId(name), 'lambda.amazonaws.com', policies).attrArn,
    environment: {
      variables: {
        ...variables(kit),
        ...databases,
        ...('GROUNDPLAN_AWS_DATABASE_URL' in databases ? trusted : {}),
        ...uploadVariables(kit.system, name),
        ...othersVariables(kit.system, name),
        GROUNDPLAN_SERVICE: name,
      },
    },
    kmsKeyArn: imported(kit, 'KeyArn'),
    loggingConfig: { logFormat: 'JSON', logGroup: logGroup(kit, name).ref },
    tracingConfig: { mode: 'Active' },
    ...(group ? { vpcConfig: vpcOf(kit, group) } : {}),
  }
}

/** Lambda has the certificates of Amazon's databases there, and Node does not look by itself. */
const trusted = { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }

function vpcOf(kit: Kit, group: string): CfnFunction.VpcConfigProperty {
  return { subnetIds: Fn.split(',', imported(kit, 'PrivateSubnetIds')), securityGroupIds: [group] }
}

// ---------- what calls them

/** The queues that feed a service: what of a batch failed comes back alone. Of an ordered queue one message at a time. */
function sources(kit: Kit, service: string, live: string): void {
  const { parts, queues } = kit.system
  for (const named of parts.handlers.filter(each => each.service.name === service)) {
    const queue = queueOf(named)
    const shape = queues.find(({ name }) => name === queue)
    if (queue !== undefined) queueSource(kit, queue, shape?.ordered ?? false, live)
  }
}

function queueSource(kit: Kit, queue: string, ordered: boolean, functionName: string): void {
  new CfnEventSourceMapping(kit.stack, idOf('SourceQueue', queue), {
    eventSourceArn: Fn.sub(`arn:${partition}:sqs:${region}:${account}:${kit.system.names.queue(queue)}`),
    functionName,
    batchSize: ordered ? 1 : 10,
    functionResponseTypes: ['ReportBatchItemFailures'],
  })
}

/** What waits in the outbox is sent on as soon as it is written; what is due later, and alarms, are looked at each minute. */
function carry(kit: Kit, functionName: string): void {
  new CfnEventSourceMapping(kit.stack, 'SourceOutbox', {
    eventSourceArn: imported(kit, 'OutboxStreamArn'),
    functionName,
    startingPosition: 'TRIM_HORIZON',
    batchSize: 100,
    functionResponseTypes: ['ReportBatchItemFailures'],
    // A message is taken out of the outbox by sending it on: nothing else is done about it.
    filterCriteria: { filters: [{ pattern: JSON.stringify({ eventName: ['INSERT'] }) }] },
  })
  for (const { name } of resourcesOf(kit.system.parts, 'mailbox')) {
    queueSource(kit, mailQueue(name), false, functionName)
  }
  eachMinute(kit, carrier, functionName)
}

/** How an API names what it calls. */
export function invocation(live: string, streams: boolean): unknown {
  const call = streams ? '2021-11-15/functions' : '2015-03-31/functions'
  const end = streams ? 'response-streaming-invocations' : 'invocations'
  return Fn.join('', [Fn.sub(`arn:${partition}:apigateway:${region}:lambda:path/${call}/`), live, `/${end}`])
}
