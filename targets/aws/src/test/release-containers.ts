/**
 * Containers that a machine moves: services of moto's ECS, rules of its balancer, bounds of its scaling. moto starts no
 * tasks: how a deployment of theirs goes is played here, as ECS tells it.
 */
import type { MovedContainer } from '../application/release-containers.ts'
import type { Call, Interpreter } from './interpreter.ts'
import { type States, shortOf, type World } from './release-bed.ts'

/** How a deployment of tasks goes. `back`: ECS went back to what ran before. */
export type Rollout = 'well' | 'ill' | 'back' | 'never'

export interface Containers extends World {
  /** Of deployments from now on, until the next run: by the short name of the service. */
  readonly rollouts: Map<string, Rollout>
}

const tasksBefore = 3
const scaling = 'AnyScaleFrontendService'
const ecs = 'AmazonEC2ContainerServiceV20141113'

type Known = Map<string, string>

/** @param containers as the machine of the template names them, with its placeholders */
export function containersOf(cluster: string, containers: readonly MovedContainer[]): Containers {
  const known: Known = new Map()
  const rollouts = new Map<string, Rollout>()
  /** Deployments that began, and how often somebody has asked for each. */
  const looks = new Map<string, number>()
  return {
    rollouts,
    async prepared(bed) {
      await makeServices(bed, cluster, containers)
      await makeRules(bed, containers, known)
      bed.onAnswer((call, answer) => asEcsSays(call, answer, rollouts, looks))
      return Object.fromEntries(known)
    },
    async reset(bed) {
      rollouts.clear()
      looks.clear()
      for (const container of containers) await resets(bed, cluster, container)
    },
    asMotoKnows,
    moveOf: call => moveOf(call, known),
    live: bed => Promise.all(containers.map(container => liveOf(bed, cluster, container, known))),
  }
}

const idOf = (placeholder: string): string => placeholder.slice(2, -1)

// ---------- what is there before

async function makeServices(bed: Interpreter, cluster: string, containers: readonly MovedContainer[]): Promise<void> {
  await onEcs(bed, 'CreateCluster', { clusterName: cluster })
  for (const { service, newService } of containers) {
    const containerDefinitions = [{ name: 'one', image: 'one', memory: 128 }]
    for (const _version of [1, 2]) await onEcs(bed, 'RegisterTaskDefinition', { family: service, containerDefinitions })
    const made = { cluster, launchType: 'FARGATE' }
    await onEcs(bed, 'CreateService', { ...made, serviceName: service, taskDefinition: service, desiredCount: 0 })
    await onEcs(bed, 'CreateService', { ...made, serviceName: newService, taskDefinition: service, desiredCount: 0 })
  }
}

async function makeRules(bed: Interpreter, containers: readonly MovedContainer[], known: Known): Promise<void> {
  const subnets = [...(await asks(bed, 'ec2', 'DescribeSubnets', '2016-11-15')).matchAll(/<subnetId>([^<]*)/g)]
  const vpc = /<vpcId>([^<]*)/.exec(await asks(bed, 'ec2', 'DescribeVpcs', '2016-11-15'))?.[1] ?? ''
  const within = Object.fromEntries(
    subnets.slice(0, 2).map(([, id = ''], at) => [`Subnets.member.${at + 1}`, id] as const),
  )
  const balancer = arnIn(await onElb(bed, 'CreateLoadBalancer', { Name: 'balancer', ...within }), 'LoadBalancerArn')
  const listener = { LoadBalancerArn: balancer, Protocol: 'HTTP', Port: '80' }
  const nothing = { Type: 'fixed-response', 'FixedResponseConfig.StatusCode': '404' }
  const ListenerArn = arnIn(
    await onElb(bed, 'CreateListener', { ...listener, ...below('DefaultActions.member.1', nothing) }),
    'ListenerArn',
  )
  let priority = 0
  for (const { group, newGroup, rules } of containers) {
    for (const each of [group, newGroup]) {
      const given = { Name: idOf(each), Protocol: 'HTTP', Port: '80', VpcId: vpc, TargetType: 'ip' }
      known.set(idOf(each), arnIn(await onElb(bed, 'CreateTargetGroup', given), 'TargetGroupArn'))
    }
    for (const rule of rules) {
      priority++
      const condition = { Field: 'path-pattern', 'Values.member.1': `/${priority}` }
      const form = { ListenerArn, Priority: String(priority), ...below('Conditions.member.1', condition) }
      const to = { Type: 'forward', TargetGroupArn: known.get(idOf(group)) ?? '' }
      const made = await onElb(bed, 'CreateRule', { ...form, ...below('Actions.member.1', to) })
      known.set(idOf(rule), arnIn(made, 'RuleArn'))
    }
  }
}

/** What a template says of a system at rest, but for the newest tasks of the second service. */
async function resets(bed: Interpreter, cluster: string, moved: MovedContainer): Promise<void> {
  const { service, newService, scales, newScales } = moved
  const now = { taskDefinition: `${service}:1`, desiredCount: tasksBefore }
  await onEcs(bed, 'UpdateService', { cluster, service, ...now })
  await onEcs(bed, 'UpdateService', { cluster, service: newService, taskDefinition: `${service}:2`, desiredCount: 0 })
  for (const [ResourceId, MinCapacity, MaxCapacity] of [
    [scales, 2, 10],
    [newScales, 0, 0],
  ] as const) {
    const target = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId }
    await onScaling(bed, 'RegisterScalableTarget', { ...target, MinCapacity, MaxCapacity })
  }
}

// ---------- moto

/**
 * Step Functions writes parameters and answers of ECS with a capital letter, as those of all services; moto hands them to
 * Python's SDK as they are, which has ECS's own small ones. Two services have other names there. Of what lies in the first
 * of a list moto makes a list, too.
 */
function asMotoKnows(states: States): States {
  const named = JSON.stringify(states)
    .replaceAll('aws-sdk:elasticloadbalancingv2:', 'aws-sdk:elbv2:')
    .replaceAll('aws-sdk:applicationautoscaling:', 'aws-sdk:application-autoscaling:')
    // ECS is given up on sooner.
    .replaceAll('"NumericGreaterThanEquals":80', '"NumericGreaterThanEquals":3')
  return JSON.parse(named, (_key, value: unknown) => (isEcs(value) ? inSmall(value) : value))
}

function isEcs(value: unknown): value is EcsState {
  return typeof value === 'object' && value !== null && 'Resource' in value && String(value.Resource).includes(':ecs:')
}

interface EcsState {
  readonly Parameters?: Readonly<Record<string, unknown>>
  readonly ResultSelector?: Readonly<Record<string, string>>
}

function inSmall(state: EcsState): EcsState {
  const Parameters = Object.entries(state.Parameters ?? {}).map(([name, value]) => [small(name), value] as const)
  const selected = Object.entries(state.ResultSelector ?? {}).map(
    ([name, path]) => [name, `States.ArrayGetItem(${path.split('.').map(small).join('.')}, 0)`] as const,
  )
  const ResultSelector = selected.length > 0 ? { ResultSelector: Object.fromEntries(selected) } : {}
  return { ...state, Parameters: Object.fromEntries(Parameters), ...ResultSelector }
}

const small = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1)

/** A deployment goes on when it is asked for first, and has ended when it is asked for again. */
function asEcsSays(
  { action, body }: Call,
  answer: string,
  rollouts: ReadonlyMap<string, Rollout>,
  looks: Map<string, number>,
): string {
  if (action === 'ecs UpdateService') looks.set(shortOf(JSON.parse(body).service), 0)
  if (action !== 'ecs DescribeServices') return answer
  const said = JSON.parse(answer)
  const [service] = said.services
  const name = shortOf(service.serviceName)
  const count = looks.get(name)
  const how = rollouts.get(name) ?? 'well'
  if (count === undefined) return answer
  looks.set(name, count + 1)
  const state = count === 0 || how === 'never' ? 'IN_PROGRESS' : how === 'ill' ? 'FAILED' : 'COMPLETED'
  service.deployments[0].rolloutState = state
  if (how === 'back' && count > 0) service.taskDefinition = service.taskDefinition.replace(/:\d+$/, ':1')
  return JSON.stringify(said)
}

async function onEcs(bed: Interpreter, action: string, json: unknown): Promise<string> {
  return bed.ask('ecs', { target: `${ecs}.${action}`, json })
}

async function onScaling(bed: Interpreter, action: string, json: unknown): Promise<string> {
  return bed.ask('application-autoscaling', { target: `${scaling}.${action}`, json })
}

function onElb(bed: Interpreter, action: string, form: Readonly<Record<string, string>>): Promise<string> {
  return asks(bed, 'elasticloadbalancing', action, '2015-12-01', form)
}

function asks(bed: Interpreter, service: string, Action: string, Version: string, form = {}): Promise<string> {
  return bed.ask(service, { form: { Action, Version, ...form } })
}

function below(prefix: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}.${name}`, value]))
}

function arnIn(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([^<]*)`).exec(xml)?.[1] ?? ''
}

// ---------- what it did

function moveOf({ action, body }: Call, known: Known): string | undefined {
  if (action === 'elasticloadbalancing ModifyRule') return ruleIn(new URLSearchParams(body), known)
  if (action === 'ecs UpdateService') {
    const { service, desiredCount, taskDefinition } = JSON.parse(body)
    const runs = taskDefinition === undefined ? [] : [`runs ${String(taskDefinition).split(':').at(-1)}`]
    const has = desiredCount === undefined ? [] : [`has ${desiredCount}`]
    return `${shortOf(service)} ${[...runs, ...has].join(', ')}`
  }
  if (action !== 'application-autoscaling RegisterScalableTarget') return undefined
  const { ResourceId, MinCapacity, MaxCapacity } = JSON.parse(body)
  return `${shortOf(ResourceId.split('/').at(-1))} from ${MinCapacity} to ${MaxCapacity}`
}

function ruleIn(form: URLSearchParams, known: Known): string {
  const nameOf = (arn: string | null) => [...known].find(([, each]) => each === arn)?.[0]
  const to = 'Actions.member.1.ForwardConfig'
  const weights = [1, 2].map(at => {
    const group = `${to}.TargetGroups.member.${at}`
    return `${nameOf(form.get(`${group}.TargetGroupArn`))} ${form.get(`${group}.Weight`)} %`
  })
  const sticky = form.get(`${to}.TargetGroupStickinessConfig.Enabled`) === 'true' ? ', sticky' : ''
  return `${nameOf(form.get('RuleArn'))}: ${weights.join(', ')}${sticky}`
}

/** Such as `server: runs 1 with 3, from 2 to 10; beside it 0, from 0 to 0; DoorApi 0 %`. */
async function liveOf(bed: Interpreter, cluster: string, moved: MovedContainer, known: Known): Promise<string> {
  const { service, newService, scales, newScales, rules, newGroup } = moved
  const { services } = JSON.parse(await onEcs(bed, 'DescribeServices', { cluster, services: [service, newService] }))
  const [runs, beside] = [service, newService].map(name =>
    services.find((each: { serviceName: string }) => each.serviceName === name),
  )
  const bounds = async (ResourceId: string) => {
    const asked = { ServiceNamespace: 'ecs', ResourceIds: [ResourceId] }
    const { ScalableTargets } = JSON.parse(await onScaling(bed, 'DescribeScalableTargets', asked))
    return `from ${ScalableTargets[0].MinCapacity} to ${ScalableTargets[0].MaxCapacity}`
  }
  const doors = await Promise.all(rules.map(rule => shareOf(bed, idOf(rule), known, known.get(idOf(newGroup)) ?? '')))
  const version = runs.taskDefinition.split(':').at(-1)
  return [
    `${shortOf(service)}: runs ${version} with ${runs.desiredCount}, ${await bounds(scales)}`,
    `beside it ${beside.desiredCount}, ${await bounds(newScales)}`,
    ...doors,
  ].join('; ')
}

/** The share of what is new at a door. */
async function shareOf(bed: Interpreter, rule: string, known: Known, newGroup: string): Promise<string> {
  const xml = await onElb(bed, 'DescribeRules', { 'RuleArns.member.1': known.get(rule) ?? '' })
  const groups = [...xml.matchAll(/<member>\s*<TargetGroupArn>([^<]*)<\/TargetGroupArn>\s*<Weight>(\d+)/g)]
  const weight = groups.find(([, arn]) => arn === newGroup)?.[2] ?? '0'
  return `${rule} ${weight} %`
}
