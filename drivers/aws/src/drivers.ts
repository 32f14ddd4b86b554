/**
 * `@groundplan/aws`: the complete set of drivers on AWS. Tables, outbox, schedules and what SQS cannot keep are on
 * DynamoDB, queues on SQS, buckets on S3, secrets in Secrets Manager, settings in SSM's Parameter Store, mail goes by SES.
 * Databases are PostgreSQL's, whose driver comes as a parameter.
 */
import { bucketName, type S3Buckets, s3Buckets } from '@groundplan/s3'
import {
  type Capabilities,
  type Databases,
  type Drivers,
  fault,
  type HandedQueues,
  mailOnce,
  mailTable,
  type PlanShape,
  schedulesOn,
  schedulesTable,
  type TableShape,
} from 'groundplan/driver'
import { awsCapabilities } from './capabilities.ts'
import type { AwsOptions } from './client.ts'
import { Dynamo } from './dynamo.ts'
import { Letters } from './letters.ts'
import { sesMail } from './mail.ts'
import { lettersTable, queueName, resourceName } from './names.ts'
import { sqsQueues } from './queue.ts'
import { makeTables } from './setup.ts'
import { Sqs } from './sqs.ts'
import { dynamoStore } from './store.ts'
import { awsVault } from './vault.ts'
import { secretsVault } from './vault-secrets.ts'
import { settingsVault } from './vault-settings.ts'

export { awsCapabilities } from './capabilities.ts'
export type { AwsOptions, Spending } from './client.ts'
export {
  indexName,
  lettersTable,
  outboxTable,
  queueAttributes,
  queueName,
  resourceName,
  tableDefinition,
  ttlAttribute,
} from './names.ts'
export { bucketName }

export interface AwsDriversOptions extends AwsOptions {
  /** What the names of everything begin with: the plan and its environment, `shop-test`. */
  readonly prefix: string
  /** What the names of buckets begin with, which must be the only ones of the world. Default: `prefix`. */
  readonly bucketPrefix?: string
  /** Addresses of stand-ins that are not all one. */
  readonly endpoints?: Partial<Record<'dynamodb' | 'sqs' | 's3' | 'vault' | 'ses' | 'sts', string>>
  /** Where the plan has databases. */
  readonly databases?: Databases
  /**
   * Whether we tell of new objects ourselves. Default false: S3 does, by its event notifications, also of what came by a
   * link, and of what was put by a process that died.
   */
  readonly tellOfObjects?: boolean
  /** What is kept elsewhere: the tables, which remember the mails that went out; the queues, which we tell of objects. */
  readonly elsewhere?: Partial<Pick<Drivers, 'store' | 'queues'>>
  /**
   * The ARN of the role that outside parties upload by (`uploader`): this process may assume it, it may put objects into the
   * buckets and drop uploads, and each of its sessions is held to one place. Default: there are no such credentials.
   */
  readonly uploadRole?: string
  /** Somebody else sends on what waits, and what becomes due: receiving from a queue looks at none of it. Default: it does. */
  readonly carried?: true
}

/**
 * The drivers of a plan whose tables, queues and buckets are there already.
 * Faults: `unsupported` where the plan has databases and there is no driver for them.
 * @example const drivers = awsDrivers(shapeOf(plan), { clock: systemClock(), region: 'eu-central-1', prefix: 'shop-test' })
 */
export function awsDrivers(shape: PlanShape, options: AwsDriversOptions): Drivers & { readonly queues: HandedQueues } {
  const { clock, prefix, databases = noDatabases(shape), elsewhere = {}, carried = false } = options
  const dynamo = new Dynamo(at(options, 'dynamodb'))
  const sqs = new Sqs(at(options, 'sqs'))
  const store = dynamoStore({ dynamo, prefix, tables: tablesOf(shape) })
  const letters = new Letters(dynamo, resourceName(prefix, lettersTable))
  const queues = sqsQueues({ sqs, letters, prefix, queues: shape.queues, carried })
  const buckets = bucketsOf(shape, options, elsewhere.queues ?? (options.tellOfObjects ? queues : undefined))
  const [secrets, settings] = [secretsVault(at(options, 'vault'), prefix), settingsVault(at(options, 'vault'), prefix)]
  const mail = sesMail(at(options, 'ses'))
  const parts = [dynamo, sqs, buckets, secrets, settings, mail]
  return {
    capabilities: capabilitiesOf(options),
    ...{ clock, store, queues, buckets, databases },
    schedules: schedulesOn(store, clock),
    vault: awsVault({ secrets, settings }),
    mail: mailOnce(mail, elsewhere.store ?? store, clock),
    async close() {
      for (const part of parts) part.close()
    },
  }
}

/** Makes the tables and queues that are not there, as a template would: for tests and first tries. */
export async function makeMissing(shape: PlanShape, options: AwsDriversOptions): Promise<void> {
  const dynamo = new Dynamo(at(options, 'dynamodb'))
  const sqs = new Sqs(at(options, 'sqs'))
  try {
    await makeTables(dynamo, options.prefix, tablesOf(shape))
    await Promise.all(shape.queues.map(({ name, ordered }) => sqs.make(queueName(options.prefix, name), ordered)))
  } finally {
    dynamo.close()
    sqs.close()
  }
}

function tablesOf(shape: PlanShape): readonly TableShape[] {
  const own = [schedulesTable, mailTable]
  return [...shape.tables.filter(({ name }) => !own.some(each => each.name === name)), ...own]
}

function at(options: AwsDriversOptions, service: keyof NonNullable<AwsDriversOptions['endpoints']>): AwsOptions {
  const endpoint = options.endpoints?.[service] ?? options.endpoint
  const { clock, region, credentials, spent } = options
  return {
    ...{ clock, region },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(spent === undefined ? {} : { spent }),
  }
}

function capabilitiesOf({ databases, uploadRole }: AwsDriversOptions): Capabilities {
  const uploads = uploadRole === undefined ? {} : { uploads: 'unbounded' as const }
  return { ...awsCapabilities, databases: databases !== undefined, ...uploads }
}

function bucketsOf(shape: PlanShape, options: AwsDriversOptions, told: Drivers['queues'] | undefined): S3Buckets {
  const { prefix, bucketPrefix = prefix, uploadRole: role } = options
  const { endpoint } = at(options, 'sts')
  return s3Buckets({
    ...at(options, 's3'),
    prefix: bucketPrefix,
    buckets: shape.buckets,
    ...(told ? { tell: messages => told.send(messages) } : {}),
    ...(role === undefined ? {} : { uploads: { role, ...(endpoint === undefined ? {} : { endpoint }) } }),
  })
}

function noDatabases({ databases: [first] }: PlanShape): Databases {
  if (first) throw fault('unsupported', `database "${first.name}" needs a driver of its own: give one as \`databases\``)
  const none = (): never => {
    throw fault('unsupported', 'there is no database here')
  }
  return { open: async () => none() }
}
