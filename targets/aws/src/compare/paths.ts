/**
 * Network paths: who reaches whom on which ports, and what stands open to the world. Wider is what the first template had
 * not: a path between groups, a wider range, more ports, an address that everybody reaches.
 */
import { isRecord, type Json, listOf, type Properties, type Resource, shown } from './templates.ts'

export interface Path {
  readonly group: string
  readonly way: 'reaches' | 'is reached by'
  readonly peer: string
  readonly from: number
  readonly to: number
  readonly protocol: string
}

export function pathsOf(resources: Iterable<Resource>): readonly Path[] {
  return [...resources].flatMap(({ type, id, properties }) => {
    switch (type) {
      case 'AWS::EC2::SecurityGroup':
        return [
          ...listOf(properties.SecurityGroupIngress).flatMap(rule => pathIn(id, 'is reached by', rule)),
          // Without a rule of its own a group reaches everything.
          ...egressOf(properties).flatMap(rule => pathIn(id, 'reaches', rule)),
        ]
      case 'AWS::EC2::SecurityGroupIngress':
        return pathIn(shown(properties.GroupId), 'is reached by', properties)
      case 'AWS::EC2::SecurityGroupEgress':
        return pathIn(shown(properties.GroupId), 'reaches', properties)
      default:
        return []
    }
  })
}

function egressOf({ SecurityGroupEgress: rules }: Properties): readonly Json[] {
  return rules === undefined ? [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }] : listOf(rules)
}

function pathIn(group: string, way: Path['way'], rule: Json): readonly Path[] {
  if (!isRecord(rule)) return []
  const { CidrIp, CidrIpv6, SourceSecurityGroupId, DestinationSecurityGroupId, IpProtocol } = rule
  const { SourcePrefixListId, DestinationPrefixListId, FromPort = 0, ToPort = 65_535 } = rule
  const groups = SourceSecurityGroupId ?? DestinationSecurityGroupId ?? SourcePrefixListId ?? DestinationPrefixListId
  const all = IpProtocol === '-1' || IpProtocol === -1
  const peer = shown(CidrIp ?? CidrIpv6 ?? groups)
  const [from, to] = all ? [0, 65_535] : [Number(FromPort), Number(ToPort)]
  return [{ group, way, peer, from, to, protocol: all ? 'all' : shown(IpProtocol) }]
}

/** What is open to the world by its own properties. */
export function openings(resources: Iterable<Resource>): readonly string[] {
  return [...resources].flatMap(({ type, id, properties }) => {
    if (type === 'AWS::S3::Bucket' && !isShut(properties)) return [`bucket ${id} can be made public`]
    if (type === 'AWS::Lambda::Url' && properties.AuthType === 'NONE')
      return [`everybody reaches the function of ${id}`]
    if (type === 'AWS::ElasticLoadBalancingV2::LoadBalancer' && properties.Scheme === 'internet-facing')
      return [`everybody reaches the balancer ${id}`]
    if (type === 'AWS::EC2::Subnet' && properties.MapPublicIpOnLaunch === true)
      return [`what runs in subnet ${id} has an address that everybody reaches`]
    if (type === 'AWS::ECS::Service' && hasPublicAddress(properties))
      return [`tasks of ${id} have addresses that everybody reaches`]
    if (type === 'AWS::ApiGateway::Method' && properties.HttpMethod !== 'OPTIONS') return [routeOf(id, properties)]
    return []
  })
}

function isShut({ PublicAccessBlockConfiguration: block }: Properties): boolean {
  if (!isRecord(block)) return false
  const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } = block
  return [BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets].every(each => each === true)
}

function hasPublicAddress({ NetworkConfiguration: network }: Properties): boolean {
  const vpc = isRecord(network) ? network.AwsvpcConfiguration : undefined
  return isRecord(vpc) && vpc.AssignPublicIp === 'ENABLED'
}

function routeOf(id: string, { RequestParameters, HttpMethod }: Properties): string {
  const shows = isRecord(RequestParameters)
    ? Object.keys(RequestParameters).map(each => each.slice(each.lastIndexOf('.') + 1))
    : []
  const who = shows.length > 0 ? `whoever shows ${shows.join(', ')}` : 'everybody'
  return `${who} reaches ${shown(HttpMethod)} of ${id}`
}

// ---------- wider

export function widenedPaths(before: readonly Path[], after: readonly Path[]): readonly string[] {
  return after.filter(path => !before.some(known => holds(known, path))).map(sentence)
}

function holds(wide: Path, narrow: Path): boolean {
  if (wide.group !== narrow.group || wide.way !== narrow.way) return false
  if (wide.protocol !== 'all' && wide.protocol !== narrow.protocol) return false
  return wide.from <= narrow.from && wide.to >= narrow.to && includes(wide.peer, narrow.peer)
}

/** Whether one range of addresses has the other in it; groups have only themselves. */
export function includes(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === '0.0.0.0/0') return wide === narrow || isRange(narrow)
  if (!isRange(wide) || !isRange(narrow)) return false
  const [[address, bits], [inner, innerBits]] = [rangeOf(wide), rangeOf(narrow)]
  const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0
  return bits <= innerBits && (address & mask) >>> 0 === (inner & mask) >>> 0
}

function isRange(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(text)
}

function rangeOf(text: string): readonly [address: number, bits: number] {
  const [address = '', bits] = text.split('/')
  return [address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), Number(bits)]
}

function sentence({ group, way, peer, from, to, protocol }: Path): string {
  const ports = protocol === 'all' ? 'on every port' : `on port ${from === to ? from : `${from} to ${to}`}`
  const whom = peer === '0.0.0.0/0' || peer === '::/0' ? (way === 'reaches' ? 'everything' : 'everybody') : peer
  return `${group} ${way} ${whom} ${ports}`
}
