/** Credentials to upload by a role of an STS: what is asked of it, and what its credentials are good for. */
import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { UploadScope } from 'groundplan/driver'
import { uploadClient } from 'groundplan/suite/upload-client'
import { describe, expect, it } from 'vitest'
import { s3Buckets } from './bucket.ts'
import { s3Client } from './objects.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'
import { uploadPolicy } from './uploads.ts'

const shape = { name: 'films', createdTo: [] }
const role = 'arn:aws:iam::123456789012:role/uploads'
const scope: UploadScope = { bucket: 'films', place: 'films/1.mp4', forMs: 600_000 }

describe('the policy of a session', () => {
  const to = { partition: 'aws', bucket: 'cinema-films', place: 'films/', untilMs: Date.UTC(2026, 0, 2) }

  it('allows putting and dropping at one place, until an instant', () => {
    expect(JSON.parse(uploadPolicy(to))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
          Resource: 'arn:aws:s3:::cinema-films/films/*',
          Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-02T00:00:00.000Z' } },
        },
        // A bucket may have a key of one's own: without it nobody could write.
        {
          Effect: 'Allow',
          Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
          Resource: '*',
          Condition: { StringLike: { 'kms:ViaService': 's3.*' } },
        },
      ],
    })
  })

  it('takes signs that mean something in policies as themselves, and is written in plain letters', () => {
    const policy = uploadPolicy({ ...to, place: `a*b?c$\{aws:username}/日.mp4` })
    expect(policy).toMatch(/^[\x20-\x7e]+$/)
    const [statement] = JSON.parse(policy).Statement
    expect(statement.Resource).toBe(`arn:aws:s3:::cinema-films/a$\{*}b$\{?}c$\{$}{aws:username}/日.mp4`)
  })

  it('is refused where it is longer than a policy may be', () => {
    expect(() => uploadPolicy({ ...to, place: '日'.repeat(341) })).toThrow(/too long for a session policy/)
  })
})

/** An STS that answers as told, and notes what it was asked. */
async function sts(answers: readonly (readonly [status: number, body: string])[]) {
  const asked: { headers: Record<string, unknown>; form: Record<string, string> }[] = []
  const server: Server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const [status, answer] = answers[asked.length] ?? [500, '']
    asked.push({ headers: request.headers, form: Object.fromEntries(new URLSearchParams(body)) })
    response.writeHead(status).end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { clock } = standingTime(Date.UTC(2026, 0, 1))
  const more = { clock, region: 'eu-central-1', credentials, prefix: 'cinema', buckets: [shape] }
  const buckets = s3Buckets({ ...more, uploads: { role, endpoint } })
  const close = async () => {
    buckets.close()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return { asked, close, credentialsFor: (scope: UploadScope) => buckets.uploadCredentials?.(scope) }
}

const given =
  '<AssumeRoleResponse><Credentials><AccessKeyId>ID</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey>' +
  '<SessionToken>TOKEN</SessionToken></Credentials></AssumeRoleResponse>'

describe('a role', () => {
  it('is assumed for 15 minutes at least, and ended earlier by its policy', async () => {
    const { asked, close, credentialsFor } = await sts([[200, given]])
    const made = await credentialsFor(scope)
    expect(made).toEqual({
      ...{ endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'eu-central-1', bucket: 'cinema-films' },
      ...{ forcePathStyle: false, accessKeyId: 'ID', secretAccessKey: 'a/b+c=', sessionToken: 'TOKEN' },
      expiresAtMs: Date.UTC(2026, 0, 1, 0, 10),
    })
    const [call] = asked
    expect(call?.form).toMatchObject({ Action: 'AssumeRole', RoleArn: role, DurationSeconds: '900' })
    const [statement] = JSON.parse(call?.form.Policy ?? '{}').Statement
    expect(statement).toMatchObject({
      Resource: 'arn:aws:s3:::cinema-films/films/1.mp4',
      Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:10:00.000Z' } },
    })
    expect(call?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=groundplan\/20260101\/eu-central-1\/sts\//,
    )
    await close()
  })

  it('is asked for again when the STS has a moment of weakness, and not when it says no', async () => {
    const denied =
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not this one</Message></Error></ErrorResponse>'
    const { asked, close, credentialsFor } = await sts([
      [503, ''],
      [200, given],
      [403, denied],
    ])
    expect(await credentialsFor(scope)).toMatchObject({ accessKeyId: 'ID' })
    expect(asked).toHaveLength(2)
    await expect(credentialsFor(scope)).rejects.toThrow('not this one')
    expect(asked).toHaveLength(3)
    await close()
  })

  it('is not assumed for what its policy cannot keep: sizes, types, no place, more than an hour', async () => {
    const { asked, close, credentialsFor } = await sts([])
    await expect(credentialsFor({ ...scope, maxBytes: 1 })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(credentialsFor({ ...scope, types: ['video/mp4'] })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(credentialsFor({ ...scope, place: '' })).rejects.toMatchObject({ code: 'invalid-key' })
    await expect(credentialsFor({ ...scope, forMs: 3_600_001 })).rejects.toMatchObject({ code: 'link-too-long' })
    expect(asked).toEqual([])
    await close()
  })
})

describe('our own door to a server', () => {
  it('takes no part that would be too much for the memory it passes through', async () => {
    const { clock } = standingTime(Date.UTC(2026, 0, 1))
    const server = { region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials }
    const uploads = { baseUrl: 'http://localhost', key: 'signs credentials' }
    const buckets = s3Buckets({ ...server, clock, prefix: 'cinema', buckets: [shape], uploads })
    const made = await buckets.uploadCredentials?.(scope)
    if (!made || !buckets.upload) throw new Error('there is no door')
    const send = uploadClient(made, buckets.upload, () => clock.now())
    const query = 'partNumber=1&uploadId=x'
    const headers = { 'x-amz-decoded-content-length': String(64 * 1_048_576 + 1) }
    const answer = await (await send({ method: 'PUT', key: scope.place, query, headers })).text()
    expect(answer).toContain('<Code>EntityTooLarge</Code>')
    expect(answer).toContain('at most 65536 KB')
    buckets.close()
  })
})

await against('moto', ({ endpoint }) => {
  // moto gives credentials and takes them; it keeps no session policy, so what they may not do is shown nowhere here.
  it('moto gives credentials of a role, with which an S3 client uploads in parts', { timeout: 60_000 }, async () => {
    const { clock } = standingTime(Date.now())
    const server = { region: 'us-east-1', endpoint, credentials }
    const prefix = `test-${randomUUID().slice(0, 8)}`
    const buckets = s3Buckets({ ...server, clock, prefix, buckets: [shape], uploads: { role } })
    const owner = s3Client(server)
    const Bucket = `${prefix}-films`
    await owner.send(new CreateBucketCommand({ Bucket }))
    const made = await buckets.uploadCredentials?.(scope)
    if (!made) throw new Error('there are no credentials')
    expect(made).toMatchObject({ bucket: Bucket, endpoint, forcePathStyle: true })
    expect(made.accessKeyId).not.toBe(credentials.accessKeyId)
    const outside = s3Client({ region: made.region, endpoint: made.endpoint, credentials: made })
    const place = { Bucket, Key: 'films/1.mp4' }
    await outside.send(new PutObjectCommand({ ...place, Body: 'film' }))
    const { UploadId } = await outside.send(new CreateMultipartUploadCommand(place))
    const upload = { ...place, UploadId }
    const { ETag } = await outside.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'longer film' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await outside.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }))
    expect(await buckets.head('films', 'films/1.mp4')).toMatchObject({ bytes: 11 })
    await owner.send(new DeleteObjectCommand(place))
    await owner.send(new DeleteBucketCommand({ Bucket }))
    for (const client of [owner, outside]) client.destroy()
    buckets.close()
  })
})
