/**
 * Policies: rights as IAM says them. Each statement names its actions and the resources they are for, and nothing has a
 * star but what lies within one thing: the indexes of a table, the objects of a bucket, the versions of a secret.
 */
import { indexName } from '@groundplan/aws'
import type { TableShape } from 'groundplan/target'
import { account, type Names, partition, region } from './names.ts'
import type { Right } from './rights.ts'

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: readonly string[]
  readonly Resource: readonly unknown[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

type Kind = `${Right['on']}-${Right['may']}`

const reads = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']
const writes = ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']
const setsSecret = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
]

/** What each right needs of the driver's calls, and no more: a test holds it against what the driver calls. */
const actions: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  'table-read': reads,
  'table-write': [...reads, ...writes],
  'table-scan': ['dynamodb:DescribeTable', 'dynamodb:Scan'],
  'table-add': ['dynamodb:PutItem'],
  'table-work': ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  'stream-hear': [
    'dynamodb:DescribeStream',
    'dynamodb:DescribeTable',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
  ],
  'queue-send': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
  'queue-look': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
  'queue-receive': [
    'sqs:ChangeMessageVisibility',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:ReceiveMessage',
  ],
  'bucket-read': ['s3:GetObject', 's3:ListBucket'],
  'bucket-write': [
    's3:AbortMultipartUpload',
    's3:DeleteObject',
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
    's3:RestoreObject',
  ],
  // It takes on the role that outside parties upload by, and holds it to one place.
  'bucket-lend': ['sts:AssumeRole'],
  'secret-read': ['secretsmanager:GetSecretValue'],
  'secret-set': setsSecret,
  'secret-keep': [...setsSecret, 'secretsmanager:CreateSecret', 'secretsmanager:DeleteSecret'].sort(),
  'setting-read': ['ssm:GetParameter'],
  'mail-send': ['ses:SendEmail', 'ses:SendRawEmail'],
  // Its login; what it may do there is PostgreSQL's.
  'database-use': ['secretsmanager:GetSecretValue'],
  'service-ask': ['lambda:InvokeFunction'],
}

export interface PolicyParts {
  readonly names: Names
  readonly tables: readonly TableShape[]
  /** As the template refers to the key of what is kept. */
  readonly keyArn: unknown
  /** Of the secret with the login of the databases. */
  readonly databaseLoginArn: unknown
  /** Whether a service is a function, which others ask by its name; others are asked over the network. */
  isFunction(service: string): boolean
}

/** The policy of whoever has these rights. The same rights give the same text. */
export function policyOf(rights: readonly Right[], parts: PolicyParts): PolicyDocument {
  const asked = rights.filter(right => right.on !== 'service' || parts.isFunction(right.name))
  const kinds = [...new Set(asked.map(({ on, may }): Kind => `${on}-${may}`))].sort()
  const statements = kinds.flatMap(kind => statementsFor(kind, asked, parts))
  return { Version: '2012-10-17', Statement: [...statements, ...keyStatements(kinds, parts)] }
}

function statementsFor(kind: Kind, rights: readonly Right[], parts: PolicyParts): readonly Statement[] {
  const wanted = rights.filter(({ on, may }) => `${on}-${may}` === kind)
  const texts = [...new Set(wanted.flatMap(right => arnsOf(right, parts)))].sort()
  const resources = kind === 'database-use' ? [parts.databaseLoginArn] : texts.map(asText)
  const action = actions[kind]
  if (!action) throw new Error(`no actions are known for ${kind}`)
  const conditions = kind === 'mail-send' ? { Condition: onlyFrom(wanted) } : {}
  return [{ Sid: sidOf(kind), Effect: 'Allow', Action: action, Resource: resources, ...conditions }]
}

function arnsOf({ on, name, may }: Right, { names, tables }: PolicyParts): readonly string[] {
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`
  switch (on) {
    case 'table':
      return tableArns(arn('dynamodb', `table/${names.table(name)}`), name, may, tables)
    case 'stream':
      return [arn('dynamodb', `table/${names.table(name)}`), arn('dynamodb', `table/${names.table(name)}/stream/*`)]
    case 'queue':
      return [arn('sqs', names.queue(name))]
    case 'bucket':
      if (may === 'lend') return [`arn:${partition}:iam::${account}:role/${names.uploads}`]
      return [`arn:${partition}:s3:::${names.bucket(name)}`, `arn:${partition}:s3:::${names.bucket(name)}/*`]
    case 'secret':
      return [arn('secretsmanager', `secret:${names.secret(name)}-??????`)]
    case 'setting':
      return [arn('ssm', `parameter${names.setting(name)}`)]
    case 'database':
      return []
    case 'mail':
      return [arn('ses', `identity/${domainOf(name)}`)]
    case 'service':
      return [arn('lambda', `function:${names.service(name)}:live`)]
  }
}

function tableArns(table: string, name: string, may: Right['may'], tables: readonly TableShape[]): readonly string[] {
  if (may !== 'read' && may !== 'write') return [table]
  const indexes = Object.keys(tables.find(each => each.name === name)?.indexes ?? {})
  return [table, ...indexes.map(index => `${table}/index/${indexName(index)}`)]
}

function onlyFrom(rights: readonly Right[]): NonNullable<Statement['Condition']> {
  return { StringEquals: { 'ses:FromAddress': rights.map(({ name }) => name).sort() } }
}

/** Everything that is kept is encrypted with one key: it may be used through the services that keep it, and not itself. */
function keyStatements(kinds: readonly Kind[], { keyArn }: PolicyParts): readonly Statement[] {
  const through: Readonly<Record<string, string>> = {
    table: 'dynamodb',
    stream: 'dynamodb',
    queue: 'sqs',
    bucket: 's3',
    secret: 'secretsmanager',
    database: 'secretsmanager',
    setting: 'ssm',
  }
  const keeping = kinds.filter(kind => kind !== 'bucket-lend')
  const services = new Set(keeping.flatMap(kind => through[kind.split('-')[0] ?? ''] ?? []))
  if (services.size === 0) return []
  const via = [...services].sort().map(service => asText(`${service}.${region}.amazonaws.com`))
  return [
    {
      Sid: 'KeyThroughServices',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
      Resource: [keyArn],
      Condition: { StringEquals: { 'kms:ViaService': via } },
    },
  ]
}

export function asText(text: string): unknown {
  return text.includes('${') ? { 'Fn::Sub': text } : text
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function sidOf(kind: Kind): string {
  return kind
    .split('-')
    .map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}
