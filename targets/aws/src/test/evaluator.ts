/** Decides as IAM does whether a policy of ours allows something: for tests, since no stand-in does it. */
import { matches } from '../compare/permissions.ts'
import type { PolicyDocument } from '../policy.ts'

export interface Asked {
  /** Such as `dynamodb:GetItem`. */
  readonly action: string
  readonly arn: string
}

/** Denied unless a statement allows it, and none denies it. Conditions on the key and on addresses are taken as met. */
export function allows({ Statement }: PolicyDocument, { action, arn }: Asked): boolean {
  const fitting = Statement.filter(({ Action, Resource }) => {
    return Action.some(each => matches(each, action)) && Resource.some(each => matches(textOf(each), arn))
  })
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow')
}

const here: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '000000000000',
  // The parameter of the people's template, which is deployed in another account.
  AccountId: '000000000000',
}

function textOf(resource: unknown): string {
  if (typeof resource === 'string') return resource
  const text = typeof resource === 'object' && resource && 'Fn::Sub' in resource ? String(resource['Fn::Sub']) : ''
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => here[name] ?? name)
}

const arnOf = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:000000000000:${rest}`

type Body = Readonly<Record<string, unknown>>

/** What a request to DynamoDB, SQS, Secrets Manager or SSM asks for, as IAM sees it: each item of a transaction by itself. */
export function askedBy(target: string, body: Body): readonly Asked[] {
  const [service = '', operation = ''] = target.split('.')
  if (service.startsWith('DynamoDBStreams')) return [{ action: `dynamodb:${operation}`, arn: streamIn(body) }]
  if (service.startsWith('DynamoDB')) return onTables(operation, body)
  if (service === 'AmazonSQS') return [onQueue(operation, body)]
  if (service === 'secretsmanager') {
    return [
      {
        action: `secretsmanager:${operation}`,
        arn: arnOf('secretsmanager', `secret:${body.SecretId ?? body.Name}-AbCdEf`),
      },
    ]
  }
  return [{ action: `ssm:${operation}`, arn: arnOf('ssm', `parameter${body.Name}`) }]
}

/** An iterator begins with its stream, at DynamoDB Local, where streams are in no region. */
function streamIn({ StreamArn, ShardIterator = '' }: Body): string {
  return String(StreamArn ?? ShardIterator)
    .replace(/\|.*/, '')
    .replace(':ddblocal:', ':eu-central-1:')
}

const inTransaction: Readonly<Record<string, string>> = {
  ConditionCheck: 'ConditionCheckItem',
  Delete: 'DeleteItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
}

function onTables(operation: string, body: Body): readonly Asked[] {
  const one = (action: string, table: unknown, index?: unknown): Asked => ({
    action: `dynamodb:${action}`,
    arn: arnOf('dynamodb', `table/${table}${index === undefined ? '' : `/index/${index}`}`),
  })
  if (operation === 'TransactWriteItems' && Array.isArray(body.TransactItems)) {
    return body.TransactItems.flatMap((item: Readonly<Record<string, Body>>) =>
      Object.entries(item).map(([kind, { TableName }]) => one(inTransaction[kind] ?? kind, TableName)),
    )
  }
  if (operation.startsWith('Batch')) return Object.keys(body.RequestItems ?? {}).map(table => one(operation, table))
  return [one(operation, body.TableName, body.IndexName)]
}

function onQueue(operation: string, body: Body): Asked {
  const url = String(body.QueueUrl ?? body.QueueName ?? '')
  return { action: `sqs:${operation.replace(/Batch$/, '')}`, arn: arnOf('sqs', url.slice(url.lastIndexOf('/') + 1)) }
}
