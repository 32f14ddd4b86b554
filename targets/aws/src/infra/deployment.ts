/**
 * The template before all others: a bucket for what deployments need, templates, bundles of functions, and who agreed to what.
 * It has Amazon's own key, since ours comes later.
 */
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { type Kit, keepsData, onlyEncrypted } from '../kit.ts'
import { notPublic } from './bucket.ts'

export function deployment(kit: Kit): void {
  const made = keepsData(
    kit,
    new CfnBucket(kit.stack, 'Deployments', {
      bucketName: kit.system.names.deployments,
      bucketEncryption: {
        serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      },
      publicAccessBlockConfiguration: notPublic,
      ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
      versioningConfiguration: { status: 'Enabled' },
      lifecycleConfiguration: {
        rules: [
          {
            ...{ id: 'tidy', status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: 90 } },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
    }),
  )
  const policyDocument = {
    Version: '2012-10-17',
    Statement: [onlyEncrypted('s3:*', [made.attrArn, `${made.attrArn}/*`])],
  }
  new CfnBucketPolicy(kit.stack, 'DeploymentsPolicy', { bucket: made.ref, policyDocument })
}
