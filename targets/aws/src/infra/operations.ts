/** Whom alarms tell: a topic that writes to operations. */
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import { exported, type Kit, onlyEncrypted } from '../kit.ts'
import { account } from '../names.ts'
import { asText } from '../policy.ts'

export function operations(kit: Kit, key: CfnKey): void {
  const { stack, system } = kit
  const topic = new CfnTopic(stack, 'Operations', {
    topicName: `${system.names.prefix}-operations`,
    displayName: `${system.plan.name} ${system.environment}`,
    kmsMasterKeyId: key.attrArn,
  })
  new CfnSubscription(stack, 'OperationsMail', {
    topicArn: topic.ref,
    protocol: 'email',
    endpoint: system.settings.operations,
  })
  const alarms = {
    Sid: 'Alarms',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: topic.ref,
    Condition: { StringEquals: { 'aws:SourceAccount': asText(account) } },
  }
  const policyDocument = { Version: '2012-10-17', Statement: [onlyEncrypted('sns:Publish', [topic.ref]), alarms] }
  new CfnTopicPolicy(stack, 'OperationsPolicy', { topics: [topic.ref], policyDocument })
  exported(kit, 'OperationsTopicArn', topic.ref, 'Tells operations')
}
