/**
 * Containers: a cluster of ECS on Fargate, with a task definition, a service and its scaling for each service of the plan
 * that runs so, and for the web front. Each runs one service, and is asked by others at the name that it has in the
 * network. A new task must answer before an old one goes; where it does not, ECS goes back to what ran before. Where what
 * is new gets its calls level by level, each has a second service for it, without tasks between releases: a stack gives the
 * new task definition to that one alone.
 */
import { CfnDeletionPolicy, CfnParameter, Fn } from 'aws-cdk-lib'
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling'
import { CfnCluster, CfnClusterCapacityProviderAssociations, CfnService, CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { CfnService as CfnNeighbour } from 'aws-cdk-lib/aws-servicediscovery'
import { databasesVariables, frontVariables, imported, type Kit, variables } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type Statement } from '../policy.ts'
import { imagesOf, type ServiceOnAws, web } from '../system.ts'
import { dividesContainers } from '../traffic.ts'
import { type Balanced, balancer, type Door } from './balancer.ts'
import { logGroup, logGroupName } from './logs.ts'
import { neighbours, shareVariables } from './neighbours.ts'
import { portOf } from './ports.ts'
import { newServiceName } from './release.ts'
import { document, rightsPolicy, roleId, roleOf, startingRoleId, writesLogs } from './roles.ts'
import type { TaskGroups } from './task-groups.ts'
import { uploadsVariables } from './uploads.ts'

/** @returns what the balancer leads to; undefined where nothing runs as containers */
export function containers(kit: Kit, groups: TaskGroups): Balanced | undefined {
  const images = imagesOf(kit.system)
  if (images.length === 0) return undefined
  const balanced = groups.balancer === undefined ? undefined : balancer(kit, groups.balancer)
  const ecs = cluster(kit)
  const known = neighbours(kit)
  for (const name of images) {
    const own = kit.system.services.find(each => each.name === name)
    const task = taskDefinition(kit, name, own)
    const door = balanced?.doors.get(name)
    const parts = { name, task, ecs, groups, door, listeners: balanced?.listeners ?? [], neighbour: known.get(name) }
    const { tasksLeast: least, tasksMost: most } = kit.system.settings.sizes
    scaling(kit, '', { name, ecs, service: ecsService(kit, parts), least, most })
    // The machine says how many it has, and for how long.
    if (door?.newTarget) scaling(kit, 'New', { name, ecs, service: newService(kit, parts), least: 0, most: 0 })
  }
  return balanced
}

function cluster(kit: Kit): CfnCluster {
  const made = new CfnCluster(kit.stack, 'Cluster', {
    clusterName: kit.system.names.prefix,
    clusterSettings: [{ name: 'containerInsights', value: 'enabled' }],
  })
  new CfnClusterCapacityProviderAssociations(kit.stack, 'Capacity', {
    cluster: made.ref,
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: strategy(kit),
  })
  return made
}

/** At least one task is never on spare capacity, unless all may be. */
function strategy({ system }: Kit) {
  const { spotShare } = system.settings.sizes
  const spot = Math.round(spotShare * 100)
  return [
    ...(spot < 100 ? [{ capacityProvider: 'FARGATE', base: 1, weight: 100 - spot }] : []),
    ...(spot > 0 ? [{ capacityProvider: 'FARGATE_SPOT', weight: spot }] : []),
  ]
}

// ---------- the task

function taskDefinition(kit: Kit, name: string, own: ServiceOnAws | undefined): CfnTaskDefinition {
  const { taskCpu, taskMemoryMb } = kit.system.settings.sizes
  const group = logGroup(kit, name)
  const rights = own ? { rights: rightsPolicy(kit, own.rights) } : {}
  const made = new CfnTaskDefinition(kit.stack, idOf('Task', name), {
    family: kit.system.names.service(name),
    cpu: String(taskCpu),
    memory: String(taskMemoryMb),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    executionRoleArn: startingRole(kit, name).attrArn,
    taskRoleArn: roleOf(kit, roleId(name), 'ecs-tasks.amazonaws.com', rights).attrArn,
    volumes: [{ name: 'scratch' }, { name: 'data' }],
    containerDefinitions: [container(kit, name, group.ref)],
  })
  // What ran before must be there to go back to, while the machine has not done with what is new.
  if (dividesContainers(kit.system)) {
    made.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
    made.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE
  }
  return made
}

function container(kit: Kit, name: string, group: string): CfnTaskDefinition.ContainerDefinitionProperty {
  const port = portOf(name)
  const asks = `fetch('http://127.0.0.1:${port}/', { redirect: 'manual' }).then(({ status }) => process.exit(status < 500 ? 0 : 1), () => process.exit(1))`
  return {
    name,
    image: imageOf(kit, name),
    essential: true,
    portMappings: [{ name, containerPort: port, protocol: 'tcp', appProtocol: 'http' }],
    environment: Object.entries({
      AWS_REGION: Fn.ref('AWS::Region'),
      ...variables(kit),
      ...(name === web ? frontVariables(kit) : serviceVariables(kit, name)),
    }).map(([each, value]) => ({
      name: each,
      value,
    })),
    readonlyRootFilesystem: true,
    mountPoints: [
      { sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false },
      { sourceVolume: 'data', containerPath: '/data', readOnly: false },
    ],
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    healthCheck: { command: ['CMD', 'node', '-e', asks], interval: 10, timeout: 5, retries: 3, startPeriod: 60 },
    stopTimeout: 30,
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': group, 'awslogs-region': Fn.ref('AWS::Region'), 'awslogs-stream-prefix': name },
    },
  }
}

/** One image serves every service, so each task has all that the config in it names; what it may do there is its role's. */
function serviceVariables(kit: Kit, name: string): Readonly<Record<string, string>> {
  return { ...databasesVariables(kit), ...uploadsVariables(kit.system), ...shareVariables(kit.system, name) }
}

function imageOf({ stack, system }: Kit, name: string): string {
  const tag = new CfnParameter(stack, idOf('Image', name), {
    type: 'String',
    description: `The tag of the image of ${name}: pipelines deploy others without this template`,
    allowedPattern: '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}',
  })
  const repository = system.names.service(name)
  return Fn.sub(`${account}.dkr.ecr.${region}.\${AWS::URLSuffix}/${repository}:\${${tag.logicalId}}`)
}

/** What Fargate may do to start a task: fetch its image, open its log. */
function startingRole(kit: Kit, name: string) {
  const repository = `arn:${partition}:ecr:${region}:${account}:repository/${kit.system.names.service(name)}`
  const pulls: Statement = {
    Sid: 'Image',
    Effect: 'Allow',
    Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: [asText(repository)],
  }
  const signsIn: Statement = {
    Sid: 'Registry',
    Effect: 'Allow',
    Action: ['ecr:GetAuthorizationToken'],
    Resource: ['*'],
  }
  const starts = document(pulls, signsIn, writesLogs(logGroupName(kit, name)))
  return roleOf(kit, startingRoleId(name), 'ecs-tasks.amazonaws.com', { starts })
}

// ---------- the service

interface ServiceParts {
  readonly name: string
  readonly task: CfnTaskDefinition
  readonly ecs: CfnCluster
  readonly groups: TaskGroups
  readonly door: Door | undefined
  readonly listeners: Balanced['listeners']
  /** Where others find it. */
  readonly neighbour: CfnNeighbour | undefined
}

/**
 * Where there is a second service, this one names the family of its tasks: that text never changes, so that a stack leaves
 * what it runs to the machine. Only where the stack changes the service itself does ECS take the newest of the family.
 */
function ecsService(kit: Kit, parts: ServiceParts): CfnService {
  const { name, task, door, neighbour } = parts
  const made = new CfnService(kit.stack, idOf('Service', name), {
    ...common(kit, parts, door?.target, true),
    serviceName: kit.system.names.service(name),
    taskDefinition: door?.newTarget ? kit.system.names.service(name) : task.ref,
    desiredCount: kit.system.settings.sizes.tasksLeast,
    ...(neighbour ? { serviceRegistries: [{ registryArn: neighbour.attrArn }] } : {}),
  })
  if (door?.newTarget) made.addResourceDependency(task)
  for (const listener of parts.listeners) made.addResourceDependency(listener)
  return made
}

/** What is new runs here until it has shown that it does well. Nobody but the balancer finds it. */
function newService(kit: Kit, parts: ServiceParts): CfnService {
  const { name, task, door } = parts
  const made = new CfnService(kit.stack, idOf('NewService', name), {
    // ECS does not go back by itself: there is nothing to go back to, and the machine hears of it.
    ...common(kit, parts, door?.newTarget, false),
    serviceName: newServiceName(kit.system, name),
    taskDefinition: task.ref,
    desiredCount: 0,
  })
  for (const listener of parts.listeners) made.addResourceDependency(listener)
  return made
}

function common(kit: Kit, { name, ecs, groups }: ServiceParts, target: CfnTargetGroup | undefined, rollback: boolean) {
  return {
    cluster: ecs.ref,
    capacityProviderStrategy: strategy(kit),
    platformVersion: 'LATEST',
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback },
    },
    networkConfiguration: {
      awsvpcConfiguration: {
        assignPublicIp: 'DISABLED',
        subnets: Fn.split(',', imported(kit, 'PrivateSubnetIds')),
        securityGroups: [groups.of(name)],
      },
    },
    ...(target
      ? {
          loadBalancers: [{ containerName: name, containerPort: portOf(name), targetGroupArn: target.ref }],
          healthCheckGracePeriodSeconds: 60,
        }
      : {}),
    enableEcsManagedTags: true,
    propagateTags: 'SERVICE',
    enableExecuteCommand: false,
  }
}

interface Scaled {
  readonly name: string
  readonly ecs: CfnCluster
  readonly service: CfnService
  readonly least: number
  readonly most: number
}

function scaling(kit: Kit, kind: '' | 'New', { name, ecs, service, least, most }: Scaled): void {
  const target = new CfnScalableTarget(kit.stack, idOf(`${kind}Scaling`, name), {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: Fn.join('/', ['service', ecs.ref, service.attrName]),
    minCapacity: least,
    maxCapacity: most,
  })
  const measures = { Processor: 'ECSServiceAverageCPUUtilization', Memory: 'ECSServiceAverageMemoryUtilization' }
  for (const [id, predefinedMetricType] of Object.entries(measures)) {
    new CfnScalingPolicy(kit.stack, idOf(`${kind}ScalingBy${id}`, name), {
      policyName: `${name}-${id.toLowerCase()}`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType },
        targetValue: 60,
        scaleInCooldown: 300,
        scaleOutCooldown: 60,
      },
    })
  }
}
