/**
 * `@groundplan/s3/config`: a server that speaks S3 as an engine of an environment. It is a value: what it needs is loaded
 * when it is opened.
 */
import { type Engine, type FromEnv, variablesIn } from 'groundplan/driver'

export interface S3EngineOptions {
  readonly region: string | FromEnv
  /** The server. Default: Amazon's. */
  readonly endpoint?: string | FromEnv
  /** Default: those of the process. */
  readonly accessKeyId?: string | FromEnv
  readonly secretAccessKey?: string | FromEnv
  /** The environment's name: the bucket `films` of `shop` is `shop-<environment>-films`. */
  readonly environment: string
  /**
   * The ARN of a role by which outside parties upload (`uploader`), at the server itself; then nobody holds them to size and
   * type. Default: they upload to the system's own address, which hands on what they send.
   */
  readonly uploadRole?: string | FromEnv
}

/**
 * Buckets on a server that speaks S3, where somebody has made them. New objects are told of by the process that puts them.
 * @example
 * environments: { production: { drivers: [postgres({ … }), s3({ region: 'eu', endpoint: fromEnv('S3_URL'), environment: 'production' })] } }
 */
export function s3(options: S3EngineOptions): Engine {
  const { region, endpoint, accessKeyId, secretAccessKey, uploadRole } = options
  return {
    kind: 'engine',
    name: 's3',
    keeps: ['buckets'],
    capabilities: { ...s3Capabilities, uploads: uploadRole === undefined ? 'bounded' : 'unbounded' },
    variables: variablesIn([region, endpoint, accessKeyId, secretAccessKey, uploadRole]),
    async open(shape, opening) {
      const { opened } = await import('./environment.ts')
      return opened(options, shape, opening)
    },
  }
}

/** Of buckets; it keeps nothing else. */
const s3Capabilities: Engine['capabilities'] = {
  engine: 's3',
  // Links end by the server's.
  clock: 'engine',
  survives: 'power loss',
  indexLagMs: 0,
  liveChanges: false,
  databases: false,
  buckets: true,
}
