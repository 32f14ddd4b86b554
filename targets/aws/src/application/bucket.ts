/** New objects: S3 tells EventBridge, which calls the carrier: S3 itself cannot write to queues that keep an order. */
import { CfnRule } from 'aws-cdk-lib/aws-events'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import { shapeOf } from 'groundplan/target'
import type { Kit } from '../kit.ts'
import { idOf } from '../names.ts'

/** @param carrying the carrier, as others call it */
export function created({ stack, system }: Kit, carrying: string): void {
  const heard = shapeOf(system.plan).buckets.filter(({ createdTo }) => createdTo.length > 0)
  for (const { name } of heard) {
    const rule = new CfnRule(stack, idOf('CreatedIn', name), {
      description: `New objects of bucket ${name}`,
      eventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [system.names.bucket(name)] } },
      },
      targets: [
        { id: 'carrier', arn: carrying, retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 } },
      ],
    })
    new CfnPermission(stack, idOf('CreatedMayCall', name), {
      action: 'lambda:InvokeFunction',
      functionName: carrying,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    })
  }
}
