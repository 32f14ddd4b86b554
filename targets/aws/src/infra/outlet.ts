/**
 * The outlet of development: one instance of the smallest kind that hands on what tasks send. It costs a tenth of a
 * gateway, and while it is replaced nobody reaches the world; DynamoDB and S3 do not go through it. It has no rights, and
 * nobody can sign in to it.
 */
import { CfnParameter, Fn } from 'aws-cdk-lib'
import { CfnInstance, CfnLaunchTemplate, CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { Kit } from '../kit.ts'

const handsOn = [
  '#!/bin/bash',
  'set -eu',
  'echo net.ipv4.ip_forward=1 > /etc/sysctl.d/90-outlet.conf',
  'sysctl --system',
  'dnf install --assumeyes nftables',
  'nft add table ip nat',
  "nft add chain ip nat out '{ type nat hook postrouting priority 100; }'",
  'nft add rule ip nat out ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 masquerade',
  'nft list ruleset > /etc/sysconfig/nftables.conf',
  'systemctl enable --now nftables',
  '',
].join('\n')

export function outletInstance({ stack, system }: Kit, vpcId: string, subnetId: string, range: string): string {
  const image = new CfnParameter(stack, 'OutletImage', {
    type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
    description: 'The newest Amazon Linux, by name',
  })
  const group = new CfnSecurityGroup(stack, 'OutletGroup', {
    vpcId,
    groupDescription: 'What the outlet takes from tasks, and where it hands it on to',
    securityGroupIngress: [
      { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: range, description: 'HTTPS of tasks' },
    ],
    securityGroupEgress: [
      { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: '0.0.0.0/0', description: 'HTTPS of tasks' },
    ],
  })
  const template = new CfnLaunchTemplate(stack, 'OutletTemplate', {
    launchTemplateData: {
      imageId: image.valueAsString,
      instanceType: 't4g.nano',
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      ebsOptimized: true,
      blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: true, volumeSize: 8, volumeType: 'gp3' } }],
      networkInterfaces: [{ deviceIndex: 0, subnetId, groups: [group.attrGroupId], associatePublicIpAddress: true }],
      userData: Fn.base64(handsOn),
    },
  })
  const instance = new CfnInstance(stack, 'Outlet', {
    launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
    sourceDestCheck: false,
    monitoring: true,
    tags: [{ key: 'Name', value: `${system.names.prefix}-outlet` }],
  })
  return instance.ref
}
