/**
 * Alarms that Amazon looks after: what a system cannot say of itself when it is ill. They write to operations, when they
 * begin and when they are over. The plan's own alarms are looked at by the system, as on every target.
 */
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { backstop } from '../infra/queue.ts'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { carrier } from '../rights.ts'
import { imagesOf } from '../system.ts'
import type { Balanced } from './balancer.ts'

interface Watched {
  readonly namespace: string
  readonly metricName: string
  /** A metric beside it that it is a share of. */
  readonly of?: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly statistic: 'Sum' | 'Maximum' | 'Average' | 'Minimum'
  readonly above: number
  readonly minutes: number
  readonly says: string
}

export function alarms(kit: Kit, balanced: Balanced | undefined): void {
  const calls = [...ofFunctions(kit), ...ofDoors(kit), ...ofBalancer(balanced)]
  for (const [id, watched] of [...calls, ...ofContainers(kit), ...ofQueues(kit)]) alarm(kit, id, watched)
}

/** Names of those that say within minutes whether what is new is ill: they take it back. */
export function alarmsOfCalls(kit: Kit, balanced: Balanced | undefined): readonly string[] {
  return [...ofFunctions(kit), ...ofDoors(kit), ...ofBalancer(balanced)].map(([id]) => nameOf(kit, id))
}

function nameOf({ system }: Kit, id: string): string {
  return `${system.names.prefix}-${id}`
}

type Named = readonly [id: string, watched: Watched]

function ofFunctions({ system }: Kit): readonly Named[] {
  const own = system.services.filter(({ compute }) => compute === 'functions').map(({ name }) => name)
  return [...own, ...(system.carrier ? [carrier] : [])].flatMap(name => {
    const dimensions = { FunctionName: system.names.service(name) }
    const on = { namespace: 'AWS/Lambda', dimensions, statistic: 'Sum', above: 0, minutes: 5 } as const
    return [
      [idOf('ErrorsOf', name), { ...on, metricName: 'Errors', says: `${name} fails or takes too long` }] as const,
      [idOf('ThrottlesOf', name), { ...on, metricName: 'Throttles', says: `${name} is called more than it may run` }],
    ]
  })
}

function ofDoors({ system }: Kit): readonly Named[] {
  const isFunction = (name: string) => system.services.some(each => each.name === name && each.compute === 'functions')
  const doors = system.parts.gateways.filter(({ gateway }) => isFunction(gateway.service.name))
  return doors.map(({ name }) => [
    idOf('RefusalsAt', name),
    {
      namespace: 'AWS/ApiGateway',
      metricName: '5XXError',
      dimensions: { ApiName: `${system.names.prefix}-${name}`, Stage: 'live' },
      ...{ statistic: 'Average', above: 0.01, minutes: 5 },
      says: `More than one in a hundred calls at the gateway ${name} fails`,
    },
  ])
}

/** What containers answer, each by itself: what is new has few of the calls at first, and they must not drown in the rest. */
function ofBalancer(balanced: Balanced | undefined): readonly Named[] {
  if (balanced === undefined) return []
  const LoadBalancer = balanced.balancer.attrLoadBalancerFullName
  const on = { namespace: 'AWS/ApplicationELB', statistic: 'Sum', above: 0.01, minutes: 5, of: 'RequestCount' } as const
  const failing = (id: string, target: CfnTargetGroup, what: string): Named => {
    const dimensions = { LoadBalancer, TargetGroup: target.attrTargetGroupFullName }
    const says = `More than one in a hundred calls to ${what} fails`
    return [id, { ...on, dimensions, metricName: 'HTTPCode_Target_5XX_Count', says }]
  }
  const doors = [...balanced.doors].flatMap(([name, { target, newTarget }]) => [
    failing(idOf('FailuresOf', name), target, name),
    ...(newTarget ? [failing(idOf('FailuresOfNew', name), newTarget, `what is new of ${name}`)] : []),
  ])
  const says = 'More than one in a hundred calls gets no answer from a container'
  const unanswered = { ...on, dimensions: { LoadBalancer }, metricName: 'HTTPCode_ELB_5XX_Count', says }
  return [...doors, ['Unanswered', unanswered]]
}

function ofContainers({ system }: Kit): readonly Named[] {
  return imagesOf(system).flatMap(name => {
    const dimensions = { ClusterName: system.names.prefix, ServiceName: system.names.service(name) }
    const on = { namespace: 'AWS/ECS', dimensions, statistic: 'Average', above: 90, minutes: 10 } as const
    return [
      [
        idOf('ProcessorOf', name),
        { ...on, metricName: 'CPUUtilization', says: `${name} has no processor left` },
      ] as const,
      [idOf('MemoryOf', name), { ...on, metricName: 'MemoryUtilization', says: `${name} has no memory left` }],
    ]
  })
}

function ofQueues({ system }: Kit): readonly Named[] {
  const on = { namespace: 'AWS/SQS', statistic: 'Maximum' } as const
  const lost = {
    ...on,
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: system.names.queue(backstop) },
    ...{ above: 0, minutes: 1 },
    says: 'A message was given up without a reason: whoever handled it died each time',
  }
  if (system.queues.length === 0) return []
  const late = system.queues.map(
    ({ name }): Named => [
      idOf('LateIn', name),
      {
        ...on,
        metricName: 'ApproximateAgeOfOldestMessage',
        dimensions: { QueueName: system.names.queue(name) },
        ...{ above: 900, minutes: 5 },
        says: `Messages wait for more than 15 minutes in ${name}`,
      },
    ],
  )
  return [['LostMessages', lost], ...late]
}

function alarm(kit: Kit, id: string, watched: Watched): void {
  const { says, above, minutes } = watched
  const topic = imported(kit, 'OperationsTopicArn')
  new CfnAlarm(kit.stack, id, {
    ...measured(watched),
    alarmName: nameOf(kit, id),
    alarmDescription: says,
    comparisonOperator: 'GreaterThanThreshold',
    threshold: above,
    evaluationPeriods: minutes,
    datapointsToAlarm: Math.ceil(minutes / 2),
    treatMissingData: 'notBreaching',
    actionsEnabled: true,
    alarmActions: [topic],
    okActions: [topic],
  })
}

/** Each minute; a share is worked out where there is something to be a share of. */
function measured({ namespace, metricName, of, statistic: stat, dimensions: given }: Watched) {
  const dimensions = Object.entries(given).map(([name, value]) => ({ name, value }))
  if (of === undefined) return { namespace, metricName, dimensions, statistic: stat, period: 60 }
  const metric = (id: string, name: string) => ({
    ...{ id, returnData: false },
    metricStat: { metric: { namespace, metricName: name, dimensions }, stat, period: 60 },
  })
  // Calls that found no container are counted among the failed alone.
  const expression = 'IF(FILL(failed, 0) > 0, FILL(failed, 0) / (FILL(calls, 0) + FILL(failed, 0)), 0)'
  return {
    metrics: [metric('failed', metricName), metric('calls', of), { id: 'share', expression, returnData: true }],
  }
}
