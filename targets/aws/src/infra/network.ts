/**
 * The network of containers: a balancer's subnets, which the world reaches, and the tasks', which it does not. Tasks reach
 * DynamoDB and S3 within Amazon's network, anything else through a gateway in each zone, or through one small instance.
 */
import { Fn } from 'aws-cdk-lib'
import {
  CfnEIP,
  CfnFlowLog,
  CfnInternetGateway,
  CfnNatGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCEndpoint,
  CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { exported, type Kit } from '../kit.ts'
import { account, partition, region } from '../names.ts'
import { asText } from '../policy.ts'
import { outletInstance } from './outlet.ts'

export const range = '10.0.0.0/16'
const zoneLetters = ['A', 'B', 'C'] as const
const anywhere = '0.0.0.0/0'

interface Side {
  readonly subnet: CfnSubnet
  readonly table: CfnRouteTable
}

/** What others need of it. */
export interface Network {
  readonly vpcId: string
  readonly privateSubnetIds: readonly string[]
}

export function network(kit: Kit, key: CfnKey): Network {
  const { stack, system } = kit
  const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: range, enableDnsHostnames: true, enableDnsSupport: true })
  const internet = new CfnInternetGateway(stack, 'Internet')
  const attached = new CfnVPCGatewayAttachment(stack, 'InternetAttachment', {
    ...{ vpcId: vpc.ref, internetGatewayId: internet.ref },
  })
  const letters = zoneLetters.slice(0, system.settings.sizes.zones)
  const open = letters.map((letter, at) => side(kit, vpc, `Public${letter}`, at, at))
  const inner = letters.map((letter, at) => side(kit, vpc, `Private${letter}`, at, 100 + at))
  for (const [at, { table }] of open.entries()) {
    const route = { routeTableId: table.ref, destinationCidrBlock: anywhere, gatewayId: internet.ref }
    new CfnRoute(stack, `Public${letters[at]}Route`, route).addResourceDependency(attached)
  }
  outlets(kit, vpc, open, inner)
  endpoints(kit, vpc, inner)
  flowLog(kit, vpc, key)
  exported(kit, 'VpcId', vpc.ref, 'The network')
  exported(kit, 'PublicSubnetIds', joined(open), 'Where the balancer is')
  exported(kit, 'PrivateSubnetIds', joined(inner), 'Where tasks are')
  return { vpcId: vpc.ref, privateSubnetIds: inner.map(({ subnet }) => subnet.ref) }
}

function joined(sides: readonly Side[]): string {
  return Fn.join(
    ',',
    sides.map(({ subnet }) => subnet.ref),
  )
}

function side({ stack }: Kit, vpc: CfnVPC, id: string, zone: number, part: number): Side {
  const subnet = new CfnSubnet(stack, `${id}Subnet`, {
    vpcId: vpc.ref,
    cidrBlock: `10.0.${part}.0/24`,
    availabilityZone: Fn.select(zone, Fn.getAzs()),
    mapPublicIpOnLaunch: false,
    tags: [{ key: 'Name', value: id }],
  })
  const table = new CfnRouteTable(stack, `${id}RouteTable`, { vpcId: vpc.ref })
  new CfnSubnetRouteTableAssociation(stack, `${id}Routes`, { subnetId: subnet.ref, routeTableId: table.ref })
  return { subnet, table }
}

/** The way of tasks to the world. */
function outlets(kit: Kit, vpc: CfnVPC, open: readonly Side[], inner: readonly Side[]): void {
  const { stack, system } = kit
  const [first] = open
  if (system.settings.sizes.outlet === 'instance' && first) {
    const instanceId = outletInstance(kit, vpc.ref, first.subnet.ref, range)
    for (const [at, { table }] of inner.entries()) {
      const id = `Private${zoneLetters[at]}Route`
      new CfnRoute(stack, id, { routeTableId: table.ref, destinationCidrBlock: anywhere, instanceId })
    }
    return
  }
  for (const [at, { table }] of inner.entries()) {
    const letter = zoneLetters[at]
    const address = new CfnEIP(stack, `Outlet${letter}Address`, { domain: 'vpc' })
    const subnetId = open[at]?.subnet.ref ?? ''
    const gateway = new CfnNatGateway(stack, `Outlet${letter}`, { subnetId, allocationId: address.attrAllocationId })
    const route = { routeTableId: table.ref, destinationCidrBlock: anywhere, natGatewayId: gateway.ref }
    new CfnRoute(stack, `Private${letter}Route`, route)
  }
}

/** They cost nothing, and what goes by them does not go through the outlet. */
function endpoints({ stack }: Kit, vpc: CfnVPC, inner: readonly Side[]): void {
  for (const [id, service] of [['DynamoDb', 'dynamodb'] as const, ['S3', 's3'] as const]) {
    new CfnVPCEndpoint(stack, `${id}Endpoint`, {
      vpcId: vpc.ref,
      serviceName: Fn.sub(`com.amazonaws.${region}.${service}`),
      vpcEndpointType: 'Gateway',
      routeTableIds: inner.map(({ table }) => table.ref),
    })
  }
}

function flowLog(kit: Kit, vpc: CfnVPC, key: CfnKey): void {
  const { stack, system } = kit
  const { names, settings } = system
  const group = new CfnLogGroup(stack, 'FlowLog', {
    logGroupName: `/${names.prefix}/flow`,
    retentionInDays: settings.sizes.logDays,
    kmsKeyId: key.attrArn,
  })
  const arn = asText(`arn:${partition}:logs:${region}:${account}:log-group:/${names.prefix}/flow:*`)
  const writes = {
    Sid: 'Writes',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    Resource: arn,
  }
  const role = new CfnRole(stack, 'FlowLogRole', {
    assumeRolePolicyDocument: assumedBy('vpc-flow-logs.amazonaws.com'),
    policies: [{ policyName: 'logs', policyDocument: { Version: '2012-10-17', Statement: [writes] } }],
  })
  new CfnFlowLog(stack, 'Flow', {
    resourceId: vpc.ref,
    resourceType: 'VPC',
    trafficType: 'REJECT',
    logGroupName: group.ref,
    deliverLogsPermissionArn: role.attrArn,
  })
}

/** Who may take on a role: one service of Amazon, for this account. */
export function assumedBy(Service: string) {
  const Condition = { StringEquals: { 'aws:SourceAccount': asText(account) } }
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', Condition }],
  }
}
