/** The key that all that is kept is encrypted with. Who may use it stands in the policies of the services. */
import { CfnAlias, CfnKey } from 'aws-cdk-lib/aws-kms'
import { exported, type Kit, keepsData } from '../kit.ts'
import { account, partition, region } from '../names.ts'
import { asText } from '../policy.ts'

export function key(kit: Kit): CfnKey {
  const { stack, system } = kit
  const made = keepsData(
    kit,
    new CfnKey(stack, 'Key', {
      description: `What ${system.plan.name} keeps in ${system.environment}`,
      enableKeyRotation: true,
      keyPolicy: { Version: '2012-10-17', Statement: [forTheAccount(), forLogs(kit), forAlarms()] },
    }),
  )
  new CfnAlias(stack, 'KeyAlias', { aliasName: `alias/${system.names.prefix}`, targetKeyId: made.ref })
  exported(kit, 'KeyArn', made.attrArn, 'Encrypts what is kept')
  return made
}

/** Policies of the account decide who else may use it. */
function forTheAccount() {
  const AWS = asText(`arn:${partition}:iam::${account}:root`)
  return { Sid: 'Account', Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' }
}

function forLogs({ system }: Kit) {
  const { prefix } = system.names
  const begins = [`/${prefix}/`, `aws-waf-logs-${prefix}-`]
  const groups = begins.map(name => asText(`arn:${partition}:logs:${region}:${account}:log-group:${name}*`))
  return {
    Sid: 'Logs',
    Effect: 'Allow',
    Principal: { Service: asText(`logs.${region}.amazonaws.com`) },
    Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    Resource: '*',
    Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
  }
}

function forAlarms() {
  return {
    Sid: 'Alarms',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': asText(account) } },
  }
}
