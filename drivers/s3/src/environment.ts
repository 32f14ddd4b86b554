/** What `config.ts` names, once it is asked for. Refuses a server that takes conditions and does not keep them. */
import { hkdfSync } from 'node:crypto'
import { type Opened, type Opening, type PlanShape, uploadPrefix } from 'groundplan/driver'
import { s3Buckets } from './bucket.ts'
import type { S3EngineOptions } from './config.ts'
import type { S3Uploads } from './uploads.ts'

export async function opened(
  options: S3EngineOptions,
  { plan, buckets: shapes }: PlanShape,
  opening: Opening,
): Promise<Opened> {
  const { region, endpoint, accessKeyId, secretAccessKey, environment } = options
  const { clock, text, others } = opening
  const { queues } = others
  const uploads = uploadsOf(options, plan, opening)
  const keys = accessKeyId && secretAccessKey
  const buckets = s3Buckets({
    ...{ clock, region: text(region), prefix: `${plan}-${environment}`, buckets: shapes },
    ...(endpoint === undefined ? {} : { endpoint: text(endpoint) }),
    ...(keys ? { credentials: { accessKeyId: text(accessKeyId), secretAccessKey: text(secretAccessKey) } } : {}),
    ...(queues ? { tell: messages => queues.send(messages) } : {}),
    ...(uploads ? { uploads } : {}),
  })
  try {
    if (shapes.length > 0) await buckets.check()
  } catch (error) {
    buckets.close()
    throw error
  }
  return { buckets, close: async () => buckets.close() }
}

/** By the role; else by the system's own address, with a key that every process makes of the same master key. */
function uploadsOf(
  { uploadRole }: S3EngineOptions,
  plan: string,
  { masterKey, baseUrl, text }: Opening,
): S3Uploads | undefined {
  if (uploadRole !== undefined) return { role: text(uploadRole) }
  if (baseUrl === undefined) return undefined
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'groundplan uploads', 32))
  return { baseUrl, key, bucketPrefix: uploadPrefix(plan) }
}
