/**
 * Outside parties of a bed: whoever follows a link to an object, and S3 clients that upload by credentials. They are not
 * of the system, so they live in real time, and reach it by addresses alone.
 */
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Buckets } from '../../contract/bucket.ts'
import type { UploadCredentials } from '../../plan/bucket.ts'

/** The options of an S3 client (`@aws-sdk/client-s3`) whose requests come to a bed. */
export interface S3ClientOptions {
  readonly endpoint: string
  readonly region: string
  readonly forcePathStyle: boolean
  readonly credentials: Pick<UploadCredentials, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>
  /** Between the client's clock and the bed's. */
  readonly systemClockOffset: number
  readonly requestHandler: {
    handle(request: S3Request): Promise<{ readonly response: S3Response }>
    updateHttpClientConfig(): void
    httpHandlerConfigs(): Record<string, never>
  }
}

/** What the client is about to send. */
export interface S3Request {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

type RequestBody = NonNullable<NonNullable<ConstructorParameters<typeof Request>[1]>['body']>

export interface S3Response {
  statusCode: number
  headers: Record<string, string>
  body: Readable
}

/** Answers what comes to an address of the bed, as the door of a host does. */
export async function outsideAnswer({ follow, upload }: Buckets, request: Request): Promise<Response> {
  const asS3Client = request.headers.has('authorization')
  return (await (asS3Client ? upload : follow)?.(request)) ?? new Response(null, { status: 404 })
}

export function s3ClientOptions(
  { endpoint, region, forcePathStyle, ...given }: UploadCredentials,
  nowMs: number,
  reach: (request: Request) => Promise<Response>,
): S3ClientOptions {
  const { accessKeyId, secretAccessKey, sessionToken } = given
  return {
    ...{ endpoint, region, forcePathStyle },
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    systemClockOffset: nowMs - Date.now(),
    requestHandler: {
      handle: async request => ({ response: await responseOf(await reach(requestOf(request))) }),
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
    },
  }
}

function requestOf({ method, protocol, hostname, port, path, query = {}, headers, body }: S3Request): Request {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values ?? ''].flat().map(value => [name, value]))
  const search = pairs.map(pair => pair.map(word => encodeURIComponent(word ?? '')).join('=')).join('&')
  const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search && `?${search}`}`
  const content = body instanceof Readable ? Readable.toWeb(body) : body
  // What a client sends is a text, bytes or a stream.
  const given =
    content === undefined || content === null ? {} : { body: content as RequestBody, duplex: 'half' as const }
  return new Request(url, { method, headers: { ...headers }, ...given })
}

async function responseOf(response: Response): Promise<S3Response> {
  const headers = Object.fromEntries(response.headers)
  // The platform's own stream, in the type that Node's declarations give it.
  const body = response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([])
  return { statusCode: response.status, headers, body }
}
