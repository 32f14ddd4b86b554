/**
 * The balancer: one address for pages and API, as everywhere else: `/api/<system>` goes to the gateway's service, all else
 * to the web front. Plain HTTP is sent on to HTTPS.
 */
import { type CfnResource, Fn } from 'aws-cdk-lib'
import { CfnListener, CfnListenerRule, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { CfnRecordSetGroup } from 'aws-cdk-lib/aws-route53'
import { baseOf } from 'groundplan/target'
import { imported, type Kit, zoneId } from '../kit.ts'
import { idOf } from '../names.ts'
import { doorsInContainers, namedDoors, web } from '../system.ts'
import { dividesContainers } from '../traffic.ts'
import { firewall } from './firewall.ts'
import { portOf } from './ports.ts'

/** Where the balancer finds a container. */
export interface Door {
  readonly target: CfnTargetGroup
  /** Where it finds what is new of it, while that gets its calls level by level. */
  readonly newTarget?: CfnTargetGroup
  /** The rules that lead there. */
  readonly rules: CfnListenerRule[]
}

export interface Balanced {
  readonly balancer: CfnLoadBalancer
  /** By container. */
  readonly doors: ReadonlyMap<string, Door>
  /** What must be there before a service may name its target. */
  readonly listeners: readonly CfnResource[]
}

/** @param group the balancer's own in the network */
export function balancer(kit: Kit, group: string): Balanced {
  const { stack, system } = kit
  const made = loadBalancer(kit, group)
  const divided = dividesContainers(system)
  const doors: ReadonlyMap<string, Door> = new Map(
    doorsInContainers(system).map(name => [name, doorTo(kit, name, divided)]),
  )
  const plain = new CfnListener(stack, 'PlainListener', {
    loadBalancerArn: made.ref,
    port: 80,
    protocol: 'HTTP',
    defaultActions: [{ type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }],
  })
  const secure = new CfnListener(stack, 'Listener', {
    loadBalancerArn: made.ref,
    port: 443,
    protocol: 'HTTPS',
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    certificates: [{ certificateArn: imported(kit, 'CertificateArn') }],
    defaultActions: [otherwise(divided ? undefined : doors.get(web))],
  })
  const rules = listenerRules(kit, secure, doors)
  address(kit, made)
  if (system.settings.sizes.firewall) firewall(kit, { of: 'balancer', arn: made.ref, gateways: system.parts.gateways })
  return { balancer: made, doors, listeners: [plain, secure, ...rules] }
}

function doorTo(kit: Kit, name: string, divided: boolean): Door {
  const target = targetGroup(kit, idOf('Target', name), name)
  return { target, rules: [], ...(divided ? { newTarget: targetGroup(kit, idOf('NewTarget', name), name) } : {}) }
}

function loadBalancer(kit: Kit, group: string): CfnLoadBalancer {
  const { names, settings } = kit.system
  const attributes = {
    'access_logs.s3.bucket': imported(kit, 'LogBucketName'),
    'access_logs.s3.enabled': 'true',
    'access_logs.s3.prefix': 'balancer',
    'deletion_protection.enabled': String(settings.sizes.protectData),
    // A page that hears of changes says something every 15 seconds.
    'idle_timeout.timeout_seconds': '60',
    'routing.http.desync_mitigation_mode': 'strictest',
    'routing.http.drop_invalid_header_fields.enabled': 'true',
  }
  return new CfnLoadBalancer(kit.stack, 'Balancer', {
    name: names.prefix.slice(0, 32),
    type: 'application',
    scheme: 'internet-facing',
    subnets: Fn.split(',', imported(kit, 'PublicSubnetIds')),
    securityGroups: [group],
    loadBalancerAttributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
  })
}

function targetGroup(kit: Kit, id: string, name: string): CfnTargetGroup {
  return new CfnTargetGroup(kit.stack, id, {
    vpcId: imported(kit, 'VpcId'),
    port: portOf(name),
    protocol: 'HTTP',
    targetType: 'ip',
    healthCheckPath: '/',
    healthCheckIntervalSeconds: 10,
    healthCheckTimeoutSeconds: 5,
    healthyThresholdCount: 2,
    unhealthyThresholdCount: 3,
    matcher: { httpCode: '200-399' },
    targetGroupAttributes: [
      { key: 'deregistration_delay.timeout_seconds', value: '15' },
      { key: 'load_balancing.algorithm.type', value: 'least_outstanding_requests' },
    ],
  })
}

const nothing = { type: 'fixed-response', fixedResponseConfig: { statusCode: '404', contentType: 'text/plain' } }

function otherwise(door: Door | undefined): CfnListener.ActionProperty {
  return door ? { type: 'forward', targetGroupArn: door.target.ref } : nothing
}

/** All calls go to what runs: other parts are the machine's to give, and it ends with this. */
function forwardTo({ target, newTarget }: Door): CfnListenerRule.ActionProperty {
  if (newTarget === undefined) return { type: 'forward', targetGroupArn: target.ref }
  const targetGroups = [
    { targetGroupArn: target.ref, weight: 100 },
    { targetGroupArn: newTarget.ref, weight: 0 },
  ]
  return { type: 'forward', forwardConfig: { targetGroups, targetGroupStickinessConfig: { enabled: false } } }
}

interface Rule {
  readonly id: string
  readonly conditions: CfnListenerRule.RuleConditionProperty[]
  /** Where it leads; undefined: nowhere. */
  readonly door: Door | undefined
}

function listenerRules(kit: Kit, listener: CfnListener, doors: Balanced['doors']): CfnListenerRule[] {
  return rulesFor(kit, doors).map(({ id, conditions, door }, at) => {
    const actions = [door ? forwardTo(door) : nothing]
    const made = new CfnListenerRule(kit.stack, id, {
      ...{ listenerArn: listener.ref, priority: at + 1, conditions, actions },
    })
    door?.rules.push(made)
    return made
  })
}

/**
 * What has a name of its own comes first: there its gateway answers at its path, and nothing else does. Then the paths, at
 * the system's name. Pages are what is left: a listener's own action can be divided by no other hand than the stack's, so
 * that where calls are divided they have a rule, too.
 */
function rulesFor(kit: Kit, doors: Balanced['doors']): readonly Rule[] {
  const { gateways } = kit.system.parts
  const named = namedDoors(kit.system)
  const found = gateways.flatMap(({ name, gateway }) => {
    const door = doors.get(gateway.service.name)
    if (door === undefined) return []
    const base = baseOf(kit.system.plan.name, name, gateways.length, false)
    return [{ name, below: { field: 'path-pattern', pathPatternConfig: { values: [base, `${base}/*`] } }, door }]
  })
  const own = found.flatMap(({ name, below, door }) => {
    const host = named.find(({ gateway }) => gateway === name)?.host
    if (host === undefined) return []
    const at = { field: 'host-header', hostHeaderConfig: { values: [host] } }
    return [
      { id: idOf('NamedDoor', name), conditions: [at, below], door },
      { id: idOf('NothingElse', name), conditions: [at], door: undefined },
    ]
  })
  const shared = found.map(({ name, below, door }) => ({ id: idOf('Door', name), conditions: [below], door }))
  const pages = doors.get(web)
  const all = { field: 'path-pattern', pathPatternConfig: { values: ['/*'] } }
  return [...own, ...shared, ...(pages?.newTarget ? [{ id: 'Pages', conditions: [all], door: pages }] : [])]
}

function address(kit: Kit, { attrDnsName: dnsName, attrCanonicalHostedZoneId: hostedZoneId }: CfnLoadBalancer): void {
  const aliasTarget = { dnsName, hostedZoneId, evaluateTargetHealth: true }
  const names = [kit.system.settings.host, ...namedDoors(kit.system).map(({ host }) => host)]
  new CfnRecordSetGroup(kit.stack, 'Address', {
    hostedZoneId: zoneId(kit),
    recordSets: names.map(name => ({ name, type: 'A', aliasTarget })),
  })
}
