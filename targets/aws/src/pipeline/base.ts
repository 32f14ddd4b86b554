/** What a pipeline stands on: its key, the bucket that its steps hand things on by, and whom its approvals ask. */
import { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import { notPublic } from '../infra/bucket.ts'
import { type Kit, onlyEncrypted } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText } from '../policy.ts'
import type { Stop, Way } from './way.ts'

export function key({ stack }: Kit, name: string): CfnKey {
  const logs = asText(`arn:${partition}:logs:${region}:${account}:log-group:/${name}/*`)
  return new CfnKey(stack, 'Key', {
    description: `What ${name} hands on and logs`,
    enableKeyRotation: true,
    keyPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Account',
          Effect: 'Allow',
          Principal: { AWS: asText(`arn:${partition}:iam::${account}:root`) },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Sid: 'Logs',
          Effect: 'Allow',
          Principal: { Service: asText(`logs.${region}.amazonaws.com`) },
          Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
          Resource: '*',
          Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logs } },
        },
      ],
    },
  })
}

/** What a run needs of the run before is nothing: its things go after a month. @returns its id in the template */
export function artifacts({ stack }: Kit, made: CfnKey): string {
  const kmsMasterKeyId = made.attrArn
  const encrypted = {
    serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId },
    bucketKeyEnabled: true,
  }
  const bucket = new CfnBucket(stack, 'Artifacts', {
    bucketEncryption: { serverSideEncryptionConfiguration: [encrypted] },
    publicAccessBlockConfiguration: notPublic,
    ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
    versioningConfiguration: { status: 'Enabled' },
    lifecycleConfiguration: {
      rules: [
        {
          ...{ id: 'tidy', status: 'Enabled', expirationInDays: 30 },
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ],
    },
  })
  const Statement = [onlyEncrypted('s3:*', [bucket.attrArn, `${bucket.attrArn}/*`])]
  new CfnBucketPolicy(stack, 'ArtifactsPolicy', {
    bucket: bucket.ref,
    policyDocument: { Version: '2012-10-17', Statement },
  })
  return bucket.logicalId
}

/** A topic for each stop that somebody is asked before, who confirms the address once. */
export function approvals({ stack }: Kit, name: string, sealing: CfnKey, { stops }: Way): ReadonlyMap<Stop, CfnTopic> {
  return new Map(
    stops.flatMap(stop => {
      if (stop.approval === undefined) return []
      const topic = new CfnTopic(stack, idOf('Approvals', stop.environment), {
        topicName: `${name}-${stop.environment}`,
        displayName: `${name} ${stop.environment}`,
        kmsMasterKeyId: sealing.attrArn,
      })
      new CfnSubscription(stack, idOf('ApprovalsMail', stop.environment), {
        ...{ topicArn: topic.ref, protocol: 'email', endpoint: stop.approval.asks },
      })
      const Statement = [onlyEncrypted('sns:Publish', [topic.ref])]
      const policyDocument = { Version: '2012-10-17', Statement }
      new CfnTopicPolicy(stack, idOf('ApprovalsPolicy', stop.environment), { topics: [topic.ref], policyDocument })
      return [[stop, topic] as const]
    }),
  )
}
