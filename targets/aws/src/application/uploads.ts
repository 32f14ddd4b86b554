/**
 * Uploads by outside parties: a role that may put objects into the buckets that the plan lets them bring something to, and
 * drop an upload. Services with an `uploader` take it on, each time for one place and a short while; nobody else can.
 */
import { Fn } from 'aws-cdk-lib'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import { imported, type Kit } from '../kit.ts'
import { account, partition, region } from '../names.ts'
import { asText, type PolicyDocument } from '../policy.ts'
import type { Right } from '../rights.ts'
import type { ServiceOnAws, System } from '../system.ts'
import { roleId } from './roles.ts'

export function uploads(kit: Kit): void {
  const { services, names } = kit.system
  const lending = services.filter(isLending)
  if (lending.length === 0) return
  new CfnRole(kit.stack, 'UploadRole', {
    // A name of its own: services name it in their policies, and it names them in its trust.
    roleName: names.uploads,
    maxSessionDuration: 3_600,
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: lending.map(({ name }) => Fn.getAtt(roleId(name), 'Arn')) },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    policies: [
      {
        policyName: 'uploads',
        policyDocument: uploadPolicy(
          kit,
          lending.flatMap(({ rights }) => rights),
        ),
      },
    ],
  })
}

/** What the role may do at most; a session of it is held to one place besides. */
function uploadPolicy(kit: Kit, rights: readonly Right[]): PolicyDocument {
  const names = [...new Set(rights.filter(isUpload).map(({ name }) => name))].sort()
  const objects = names.map(name => asText(`arn:${partition}:s3:::${kit.system.names.bucket(name)}/*`))
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Uploads',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:PutObject'],
        Resource: objects,
      },
      {
        Sid: 'KeyThroughBuckets',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: [imported(kit, 'KeyArn')],
        Condition: { StringEquals: { 'kms:ViaService': [asText(`s3.${region}.amazonaws.com`)] } },
      },
    ],
  }
}

/** Where a service finds the role, if it lends it. */
export function uploadVariables(system: System, service: string): Readonly<Record<string, string>> {
  const own = system.services.find(({ name }) => name === service)
  return own && isLending(own) ? uploadsVariables(system) : {}
}

/** Where it is, where any service lends it. */
export function uploadsVariables(system: System): Readonly<Record<string, string>> {
  if (!system.services.some(isLending)) return {}
  return { GROUNDPLAN_AWS_UPLOAD_ROLE: Fn.sub(`arn:${partition}:iam::${account}:role/${system.names.uploads}`) }
}

function isLending({ rights }: ServiceOnAws): boolean {
  return rights.some(isUpload)
}

function isUpload({ on, may }: Right): boolean {
  return on === 'bucket' && may === 'lend'
}
