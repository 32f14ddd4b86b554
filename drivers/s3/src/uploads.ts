/**
 * Credentials for outside parties to upload. Two ways, for whoever sets a server up to choose:
 *
 * - a role (Amazon, and servers with an STS): an assumed role whose session policy allows one place until one instant. The
 *   outside party speaks to the server itself. No policy of S3 knows the size or the type of what is put, so bounds are
 *   refused; and STS makes no session shorter than 15 minutes, so the policy ends it.
 * - our own door (servers without STS): the outside party speaks to us, signed by credentials of ours, and what it sends
 *   goes on to the server. Bounds are kept, and the bytes pass through this process.
 */
import type { S3Client } from '@aws-sdk/client-s3'
import {
  authorizationHeader,
  type Buckets,
  type Clock,
  checkUploadScope,
  fault,
  sha256,
  signer,
  signingTime,
  sleep,
  type UploadCredentials,
  type UploadDoorOptions,
  type UploadScope,
  uploadDoor,
} from 'groundplan/driver'
import { persistently } from './calls.ts'

export type S3Uploads = RoleUploads | DoorUploads

export interface RoleUploads {
  /** The ARN of a role that this process may assume, and that may put objects into the buckets. */
  readonly role: string
  /** The STS. Default: the server's own address; Amazon's of the region where the server is Amazon's. */
  readonly endpoint?: string
}

/** `baseUrl`: an address of the host whose requests reach `upload`. */
export type DoorUploads = Omit<UploadDoorOptions, 'clock' | 'partBytes'>

interface Server {
  /** Whose credentials are asked for more. */
  readonly client: () => S3Client
  readonly clock: Clock
  readonly region: string
  readonly endpoint?: string
}

/** A part is held in memory on its way to the server. 10,000 of them are 625 GB. */
const mostPartBytes = 64 * 1_024 * 1_024

type Parts = Pick<Buckets, 'uploadCredentials' | 'upload'>

/** @param nameOf what a bucket of the plan is called on the server */
export function uploadsBy(way: S3Uploads, buckets: Buckets, server: Server, nameOf: (bucket: string) => string): Parts {
  if ('baseUrl' in way) return uploadDoor(buckets, { ...way, clock: server.clock, partBytes: mostPartBytes })
  return { uploadCredentials: scope => assumed(way, server, scope, nameOf(scope.bucket)) }
}

async function assumed(
  { role, endpoint }: RoleUploads,
  server: Server,
  scope: UploadScope,
  bucket: string,
): Promise<UploadCredentials> {
  checkUploadScope(scope)
  if (scope.maxBytes !== undefined || scope.types) {
    throw fault(
      'unsupported',
      `credentials of a role hold uploads to neither size nor type, as bucket "${bucket}" asks`,
    )
  }
  const { clock, region } = server
  const expiresAtMs = clock.now() + scope.forMs
  const asked = {
    ...{ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: 'groundplan-upload' },
    DurationSeconds: String(Math.max(leastSeconds, Math.ceil(scope.forMs / 1_000))),
    Policy: uploadPolicy({ ...scope, bucket, partition: role.split(':')[1] ?? 'aws', untilMs: expiresAtMs }),
  }
  const url = endpoint ?? server.endpoint ?? `https://sts.${region}.amazonaws.com${ending(region)}`
  const answer = await persistently(clock, 'AssumeRole', () => post(server, url, new URLSearchParams(asked).toString()))
  const place = server.endpoint ?? `https://s3.${region}.amazonaws.com${ending(region)}`
  return {
    ...{ endpoint: place, region, bucket, forcePathStyle: server.endpoint !== undefined },
    accessKeyId: textIn(answer, 'AccessKeyId'),
    secretAccessKey: textIn(answer, 'SecretAccessKey'),
    sessionToken: textIn(answer, 'SessionToken'),
    expiresAtMs,
  }
}

const leastSeconds = 900
const mostPolicyLength = 2_048

function ending(region: string): string {
  return region.startsWith('cn-') ? '.cn' : ''
}

/** What a session may do: put and drop at one place, until an instant. Faults: `invalid-key` (too long for a policy). */
export function uploadPolicy(to: {
  readonly partition: string
  readonly bucket: string
  readonly place: string
  readonly untilMs: number
}): string {
  const { partition, bucket, place, untilMs } = to
  const below = place.endsWith('/') ? '*' : ''
  const statement = {
    Effect: 'Allow',
    // Beginning, sending and joining parts are `PutObject` to S3, too.
    Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
    Resource: `arn:${partition}:s3:::${bucket}/${literally(place)}${below}`,
    Condition: { DateLessThan: { 'aws:CurrentTime': new Date(untilMs).toISOString() } },
  }
  const policy = inLatin(JSON.stringify({ Version: '2012-10-17', Statement: [statement, throughItsKey] }))
  if (policy.length <= mostPolicyLength) return policy
  throw fault('invalid-key', 'the place is too long for a session policy: choose fewer or plainer letters')
}

/** Where a key of one's own encrypts the bucket, writing needs it: of those that the role may use, and through S3 alone. */
const throughItsKey = {
  Effect: 'Allow',
  Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
  Resource: '*',
  Condition: { StringLike: { 'kms:ViaService': 's3.*' } },
}

/** Signs that mean something in a policy, as themselves. */
function literally(key: string): string {
  return key.replace(/[$*?]/g, sign => `\${${sign}}`)
}

/** A policy has no other letters. */
function inLatin(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

// ---------- the call

const mostMs = 10_000

/** As the SDK throws errors, so that they are tried again alike. */
class StsError extends Error {
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(status: number, answer: string) {
    super(textIn(answer, 'Message') || answer.slice(0, 200))
    this.name = textIn(answer, 'Code') || 'StsError'
    this.$metadata = { httpStatusCode: status }
  }
}

async function post({ client, clock, region }: Server, url: string, body: string): Promise<string> {
  const given = await client().config.credentials()
  const at = signingTime(clock.now())
  const headers = new Headers({
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: new URL(url).host,
    'x-amz-date': at,
    ...(given.sessionToken === undefined ? {} : { 'x-amz-security-token': given.sessionToken }),
  })
  const scope = { day: at.slice(0, 8), region, service: 'sts' }
  const signedHeaders = [...headers.keys()].sort()
  const request = { method: 'POST', path: '/', query: '', headers, payloadHash: sha256(body) }
  const signature = signer(given.secretAccessKey, scope, at).request(request, signedHeaders)
  const { accessKeyId } = given
  headers.set('authorization', authorizationHeader({ accessKeyId, scope, signedHeaders, signature }))
  return within(clock, async signal => {
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    const answer = await response.text()
    if (response.ok) return answer
    throw new StsError(response.status, answer)
  })
}

/** Gives up after a while. */
async function within<T>(clock: Clock, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [late, over] = [new AbortController(), new AbortController()]
  void sleep(clock, mostMs, over.signal).then(() => {
    if (!over.signal.aborted) late.abort()
  })
  try {
    return await call(late.signal)
  } finally {
    over.abort()
  }
}

/** Credentials have no signs that XML writes otherwise. */
function textIn(answer: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(answer)?.[1] ?? ''
}
