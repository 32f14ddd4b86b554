/** A home on the stand-ins for AWS: every home has tables, queues and buckets of its own, which go with it. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2'
import { bucketName, s3Client } from '@groundplan/s3'
import type { Drivers, Mail, MailCarrier, PlanShape } from 'groundplan/driver'
import { memoryDatabases } from 'groundplan/memory/database'
import { type AwsDriversOptions, awsDrivers, makeMissing } from '../drivers.ts'
import { Dynamo } from '../dynamo.ts'
import { Sqs } from '../sqs.ts'
import { realClock } from './clock.ts'
import { credentials } from './engines.ts'
import { removeQueues } from './queues.ts'
import { sentMail } from './sent-mail.ts'
import { removeTables } from './tables.ts'

/** Where the stand-ins are. */
export interface Endpoints {
  readonly dynamodb: string
  readonly sqs: string
  /** S3, Secrets Manager and SSM. */
  readonly moto: string
  readonly ses: string
}

export async function awsHome(shape: PlanShape, endpoints: Endpoints): Promise<Drivers> {
  const prefix = `home-${randomUUID().slice(0, 8)}`
  const { dynamodb, sqs, moto, ses } = endpoints
  const places = { dynamodb, sqs, s3: moto, vault: moto, ses }
  // The region in which S3 makes buckets without being told where.
  const options = {
    clock: realClock(),
    region: 'us-east-1',
    credentials,
    prefix,
    endpoints: places,
    tellOfObjects: true,
  }
  await makeMissing(shape, options)
  await makeBuckets(shape, options)
  await maySendMail(options.region, ses)
  // PostgreSQL, in this process.
  const databases = memoryDatabases()
  const drivers = awsDrivers(shape, { ...options, databases })
  return {
    ...drivers,
    mail: withSent(drivers.mail, ses),
    async close() {
      await drivers.close()
      await databases.close()
      await removeAll(options)
    },
  }
}

export async function makeBuckets(
  { buckets }: PlanShape,
  { prefix, region, endpoints }: AwsDriversOptions,
): Promise<void> {
  const client = s3Client({ region, credentials, ...(endpoints?.s3 === undefined ? {} : { endpoint: endpoints.s3 }) })
  for (const { name } of buckets) await client.send(new CreateBucketCommand({ Bucket: bucketName(prefix, name) }))
  client.destroy()
}

/** Whose mail SES takes. */
export async function maySendMail(region: string, endpoint: string): Promise<void> {
  const client = new SESv2Client({ region, endpoint, credentials })
  // It may be there already.
  await client.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.org' })).catch(() => {})
  client.destroy()
}

/** SES does not show what it was given; its stand-in does. */
function withSent(mail: MailCarrier, ses: string): MailCarrier {
  const ids = new Set<string>()
  return {
    async send(given: Mail) {
      ids.add(given.id)
      return mail.send(given)
    },
    async sent() {
      const own = (await sentMail(ses)).filter(({ id }) => ids.has(id))
      return own.map(each => ({ ...each, sentAtMs: 0 })).reverse()
    },
  }
}

export async function removeAll({ prefix, endpoints, ...options }: AwsDriversOptions): Promise<void> {
  const dynamo = new Dynamo({ ...options, endpoint: endpoints?.dynamodb ?? '' })
  await removeTables(dynamo, prefix)
  dynamo.close()
  const sqs = new Sqs({ ...options, endpoint: endpoints?.sqs ?? '' })
  await removeQueues(sqs, prefix)
  sqs.close()
}
