/** Buckets: those of the plan, and one for logs of who called what. None is public. */
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { resourcesOf, shapeOf } from 'groundplan/target'
import { exported, type Kit, keepsData, onlyEncrypted } from '../kit.ts'
import { account, idOf } from '../names.ts'
import { asText } from '../policy.ts'

const dayMs = 86_400_000

export const notPublic = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
}

/** Where balancers and buckets say who called. Balancers write with S3's own key alone. */
export function logBucket(kit: Kit): CfnBucket {
  const { settings } = kit.system
  const made = keepsData(
    kit,
    new CfnBucket(kit.stack, 'LogBucket', {
      bucketEncryption: { serverSideEncryptionConfiguration: [sealed('AES256')] },
      publicAccessBlockConfiguration: notPublic,
      ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
      versioningConfiguration: { status: 'Enabled' },
      lifecycleConfiguration: {
        rules: [
          {
            id: 'expire',
            status: 'Enabled',
            expirationInDays: settings.sizes.logDays,
            noncurrentVersionExpiration: { noncurrentDays: 1 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
    }),
  )
  new CfnBucketPolicy(kit.stack, 'LogBucketPolicy', { bucket: made.ref, policyDocument: logPolicy(made) })
  exported(kit, 'LogBucketName', made.ref, 'Access logs')
  return made
}

function logPolicy(bucket: CfnBucket) {
  const writes = (Sid: string, Service: string, folder: string) => ({
    Sid,
    Effect: 'Allow',
    Principal: { Service },
    Action: 's3:PutObject',
    Resource: `${bucket.attrArn}/${folder}/*`,
    Condition: { StringEquals: { 'aws:SourceAccount': asText(account) } },
  })
  return {
    Version: '2012-10-17',
    Statement: [
      onlyEncrypted('s3:*', [bucket.attrArn, `${bucket.attrArn}/*`]),
      writes('Buckets', 'logging.s3.amazonaws.com', 'buckets'),
      // What a balancer writes names its account in the path, not in a condition.
      {
        ...writes('Balancers', 'logdelivery.elasticloadbalancing.amazonaws.com', 'balancer'),
        Condition: undefined,
      },
    ],
  }
}

export function buckets(kit: Kit, key: CfnKey, logs: CfnBucket): void {
  const shapes = shapeOf(kit.system.plan).buckets
  for (const { name } of resourcesOf(kit.system.parts, 'bucket')) {
    const shape = shapes.find(each => each.name === name)
    const made = keepsData(
      kit,
      new CfnBucket(kit.stack, idOf('Bucket', name), {
        bucketName: kit.system.names.bucket(name),
        bucketEncryption: { serverSideEncryptionConfiguration: [sealed('aws:kms', key.attrArn)] },
        publicAccessBlockConfiguration: notPublic,
        ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
        versioningConfiguration: { status: 'Enabled' },
        loggingConfiguration: { destinationBucketName: logs.ref, logFilePrefix: `buckets/${name}/` },
        lifecycleConfiguration: { rules: lifecycle(shape?.expireAfterMs, shape?.coldAfterMs) },
        ...(shape && shape.createdTo.length > 0
          ? { notificationConfiguration: { eventBridgeConfiguration: { eventBridgeEnabled: true } } }
          : {}),
      }),
    )
    const policyDocument = {
      Version: '2012-10-17',
      Statement: [onlyEncrypted('s3:*', [made.attrArn, `${made.attrArn}/*`])],
    }
    new CfnBucketPolicy(kit.stack, idOf('BucketPolicy', name), { bucket: made.ref, policyDocument })
  }
}

function sealed(sseAlgorithm: string, kmsMasterKeyId?: string): CfnBucket.ServerSideEncryptionRuleProperty {
  const serverSideEncryptionByDefault = { sseAlgorithm, ...(kmsMasterKeyId === undefined ? {} : { kmsMasterKeyId }) }
  return { serverSideEncryptionByDefault, bucketKeyEnabled: kmsMasterKeyId !== undefined }
}

function lifecycle(expireAfterMs: number | undefined, coldAfterMs: number | undefined): CfnBucket.RuleProperty[] {
  const rule: CfnBucket.RuleProperty = {
    id: 'tidy',
    status: 'Enabled',
    noncurrentVersionExpiration: { noncurrentDays: 30 },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  }
  const cold =
    coldAfterMs === undefined ? undefined : { storageClass: 'GLACIER', transitionInDays: coldAfterMs / dayMs }
  return [
    {
      ...rule,
      ...(expireAfterMs === undefined ? {} : { expirationInDays: expireAfterMs / dayMs }),
      ...(cold ? { transitions: [cold] } : {}),
    },
  ]
}
