/**
 * Containers: a cluster of ECS on Fargate, with a task definition, a service and its scaling for each service of the plan
 * that runs so, and for the web front. A new task must answer before an old one goes; where it does not, ECS goes back to
 * what ran before.
 */
import { CfnParameter, Fn } from 'aws-cdk-lib'
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling'
import { CfnCluster, CfnClusterCapacityProviderAssociations, CfnService, CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import { CfnHttpNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import { databaseVariables, frontVariables, imported, type Kit, variables } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type Statement } from '../policy.ts'
import { imagesOf, type ServiceOnAws, web } from '../system.ts'
import { type Balanced, balancer } from './balancer.ts'
import { logGroup, logGroupName } from './logs.ts'
import { portOf } from './ports.ts'
import { document, rightsPolicy, roleId, roleOf, writesLogs } from './roles.ts'
import { type TaskGroups, taskGroups } from './task-groups.ts'
import { uploadVariables } from './uploads.ts'

export function containers(kit: Kit): void {
  const images = imagesOf(kit.system)
  if (images.length === 0) return
  const groups = taskGroups(kit)
  const balanced = balancer(kit, groups)
  const ecs = cluster(kit)
  const namespace = namespaceOf(kit)
  for (const name of images) {
    const own = kit.system.services.find(each => each.name === name)
    const task = taskDefinition(kit, name, own)
    const service = ecsService(kit, { name, task, ecs, groups, balanced, namespace })
    scaling(kit, name, ecs, service)
  }
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

/** Services that ask each other find each other by their names. */
function namespaceOf({ stack, system }: Kit): CfnHttpNamespace | undefined {
  if (system.services.every(({ asks }) => asks.length === 0)) return undefined
  return new CfnHttpNamespace(stack, 'Neighbours', { name: system.names.prefix })
}

// ---------- the task

function taskDefinition(kit: Kit, name: string, own: ServiceOnAws | undefined): CfnTaskDefinition {
  const { taskCpu, taskMemoryMb } = kit.system.settings.sizes
  const group = logGroup(kit, name)
  const rights = own ? { rights: rightsPolicy(kit, own.rights) } : {}
  return new CfnTaskDefinition(kit.stack, idOf('Task', name), {
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
      ...(name === web ? frontVariables(kit) : {}),
      ...databaseVariables(kit, name),
      ...uploadVariables(kit.system, name),
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
  return roleOf(kit, idOf('StartingRole', name), 'ecs-tasks.amazonaws.com', { starts })
}

// ---------- the service

interface ServiceParts {
  readonly name: string
  readonly task: CfnTaskDefinition
  readonly ecs: CfnCluster
  readonly groups: TaskGroups
  readonly balanced: Balanced
  readonly namespace: CfnHttpNamespace | undefined
}

function ecsService(kit: Kit, { name, task, ecs, groups, balanced, namespace }: ServiceParts): CfnService {
  const target = balanced.targets.get(name)
  const made = new CfnService(kit.stack, idOf('Service', name), {
    serviceName: kit.system.names.service(name),
    cluster: ecs.ref,
    taskDefinition: task.ref,
    desiredCount: kit.system.settings.sizes.tasksLeast,
    capacityProviderStrategy: strategy(kit),
    platformVersion: 'LATEST',
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
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
          loadBalancers: [{ containerName: name, containerPort: portOf(name), targetGroupArn: target }],
          healthCheckGracePeriodSeconds: 60,
        }
      : {}),
    ...(namespace ? { serviceConnectConfiguration: neighbour(name, namespace.attrArn) } : {}),
    enableEcsManagedTags: true,
    propagateTags: 'SERVICE',
    enableExecuteCommand: false,
  })
  for (const listener of balanced.listeners) made.addResourceDependency(listener)
  return made
}

function neighbour(name: string, namespace: string): CfnService.ServiceConnectConfigurationProperty {
  const clientAliases = [{ dnsName: name, port: portOf(name) }]
  return { enabled: true, namespace, services: [{ portName: name, discoveryName: name, clientAliases }] }
}

function scaling(kit: Kit, name: string, ecs: CfnCluster, service: CfnService): void {
  const { tasksLeast, tasksMost } = kit.system.settings.sizes
  const target = new CfnScalableTarget(kit.stack, idOf('Scaling', name), {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: Fn.join('/', ['service', ecs.ref, service.attrName]),
    minCapacity: tasksLeast,
    maxCapacity: tasksMost,
  })
  const measures = { Processor: 'ECSServiceAverageCPUUtilization', Memory: 'ECSServiceAverageMemoryUtilization' }
  for (const [id, predefinedMetricType] of Object.entries(measures)) {
    new CfnScalingPolicy(kit.stack, idOf(`ScalingBy${id}`, name), {
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
