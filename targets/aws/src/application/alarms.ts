/**
 * Alarms that Amazon looks after: what a system cannot say of itself when it is ill. They write to operations, when they
 * begin and when they are over. The plan's own alarms are looked at by the system, as on every target.
 */
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import { backstop } from '../infra/queue.ts'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { carrier } from '../rights.ts'
import { imagesOf } from '../system.ts'

interface Watched {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly statistic: 'Sum' | 'Maximum' | 'Average' | 'Minimum'
  readonly above: number
  readonly minutes: number
  readonly says: string
}

export function alarms(kit: Kit): void {
  for (const [id, watched] of [...ofFunctions(kit), ...ofDoors(kit), ...ofContainers(kit), ...ofQueues(kit)]) {
    alarm(kit, id, watched)
  }
}

/** Names of those that say within minutes whether what is new is ill: they take it back. */
export function alarmsOfCalls(kit: Kit): readonly string[] {
  return [...ofFunctions(kit), ...ofDoors(kit)].map(([id]) => nameOf(kit, id))
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

function alarm(kit: Kit, id: string, { says, above, minutes, dimensions, ...metric }: Watched): void {
  const topic = imported(kit, 'OperationsTopicArn')
  new CfnAlarm(kit.stack, id, {
    ...metric,
    alarmName: nameOf(kit, id),
    alarmDescription: says,
    dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
    comparisonOperator: 'GreaterThanThreshold',
    threshold: above,
    period: 60,
    evaluationPeriods: minutes,
    datapointsToAlarm: Math.ceil(minutes / 2),
    treatMissingData: 'notBreaching',
    actionsEnabled: true,
    alarmActions: [topic],
    okActions: [topic],
  })
}
