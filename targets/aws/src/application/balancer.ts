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
import { imagesOf, namedDoors, web } from '../system.ts'
import { firewall } from './firewall.ts'
import { portOf } from './ports.ts'
import type { TaskGroups } from './task-groups.ts'

export interface Balanced {
  /** Target groups by container. */
  readonly targets: ReadonlyMap<string, string>
  /** What must be there before a service may name its target. */
  readonly listeners: readonly CfnResource[]
}

export function balancer(kit: Kit, groups: TaskGroups): Balanced {
  const { stack, system } = kit
  const made = loadBalancer(kit, groups)
  const targets = new Map(doorsOf(kit).map(name => [name, targetGroup(kit, name)]))
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
    defaultActions: [otherwise(targets.get(web))],
  })
  const rules = gatewayRules(kit, secure, targets)
  address(kit, made)
  if (system.settings.sizes.firewall) firewall(kit, { of: 'balancer', arn: made.ref, gateways: system.parts.gateways })
  return { targets, listeners: [plain, secure, ...rules] }
}

function loadBalancer(kit: Kit, groups: TaskGroups): CfnLoadBalancer {
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
    securityGroups: [groups.balancer],
    loadBalancerAttributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
  })
}

/** The containers that the world reaches. */
function doorsOf({ system }: Kit): readonly string[] {
  const open = new Set(system.services.filter(({ gateway }) => gateway !== undefined).map(({ name }) => name))
  return imagesOf(system).filter(name => name === web || open.has(name))
}

function targetGroup(kit: Kit, name: string): string {
  return new CfnTargetGroup(kit.stack, idOf('Target', name), {
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
  }).ref
}

const nothing = { type: 'fixed-response', fixedResponseConfig: { statusCode: '404', contentType: 'text/plain' } }

function otherwise(targetGroupArn: string | undefined): CfnListener.ActionProperty {
  if (targetGroupArn !== undefined) return { type: 'forward', targetGroupArn }
  return nothing
}

/**
 * What has a name of its own comes first: there its gateway answers at its path, and nothing else does. Then the paths, at
 * the system's name.
 */
function gatewayRules(kit: Kit, listener: CfnListener, targets: ReadonlyMap<string, string>): CfnListenerRule[] {
  const { gateways } = kit.system.parts
  const named = namedDoors(kit.system)
  const doors = gateways.flatMap(({ name, gateway }) => {
    const targetGroupArn = targets.get(gateway.service.name)
    if (targetGroupArn === undefined) return []
    const base = baseOf(kit.system.plan.name, name, gateways.length, false)
    const below = { field: 'path-pattern', pathPatternConfig: { values: [base, `${base}/*`] } }
    return [{ name, below, forward: { type: 'forward', targetGroupArn } }]
  })
  const own = doors.flatMap(({ name, below, forward }) => {
    const host = named.find(({ gateway }) => gateway === name)?.host
    if (host === undefined) return []
    const at = { field: 'host-header', hostHeaderConfig: { values: [host] } }
    return [
      { id: idOf('NamedDoor', name), conditions: [at, below], actions: [forward] },
      { id: idOf('NothingElse', name), conditions: [at], actions: [nothing] },
    ]
  })
  const shared = doors.map(({ name, below, forward }) => ({
    ...{ id: idOf('Door', name), conditions: [below], actions: [forward] },
  }))
  return [...own, ...shared].map(
    ({ id, ...rest }, at) =>
      new CfnListenerRule(kit.stack, id, { listenerArn: listener.ref, priority: at + 1, ...rest }),
  )
}

function address(kit: Kit, { attrDnsName: dnsName, attrCanonicalHostedZoneId: hostedZoneId }: CfnLoadBalancer): void {
  const aliasTarget = { dnsName, hostedZoneId, evaluateTargetHealth: true }
  const names = [kit.system.settings.host, ...namedDoors(kit.system).map(({ host }) => host)]
  new CfnRecordSetGroup(kit.stack, 'Address', {
    hostedZoneId: zoneId(kit),
    recordSets: names.map(name => ({ name, type: 'A', aliasTarget })),
  })
}
