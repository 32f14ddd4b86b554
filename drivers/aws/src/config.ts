/**
 * `@groundplan/aws/config`: AWS as an engine of an environment. It is a value: what it needs is loaded when it is opened, so
 * that a config which names it costs nothing.
 */
import { type DriverKind, type Engine, type FromEnv, type Opening, variablesIn } from 'groundplan/driver'
import { awsCapabilities } from './capabilities.ts'

export interface AwsEngineOptions {
  readonly region: string | FromEnv
  /** The environment's name: everything of a plan is called `<plan>-<environment>-…`, as its templates call it. */
  readonly environment: string | FromEnv
  /** What the names of buckets begin with, which must be the only ones of the world. Default: `<plan>-<environment>`. */
  readonly bucketPrefix?: string | FromEnv
  /** Some of what it can keep, where the rest is kept elsewhere. Default: all. */
  readonly only?: readonly DriverKind[]
  /** The ARN of a role for credentials to upload. Default: there are none. */
  readonly uploadRole?: string | FromEnv
  /** Addresses of stand-ins, and credentials for them. Default: AWS's own (or those in GROUNDPLAN_AWS_ENDPOINTS, as JSON), and those of the process. */
  readonly endpoints?: Partial<Record<'dynamodb' | 'sqs' | 's3' | 'vault' | 'ses' | 'lambda', string>>
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface AuroraPasswordOptions extends Pick<AwsEngineOptions, 'region' | 'credentials'> {
  /** The ARN of the secret with the login. */
  readonly login: string | FromEnv
  /** The address of a stand-in. Default: Amazon's own, or that of the vault in GROUNDPLAN_AWS_ENDPOINTS. */
  readonly endpoint?: string
}

/**
 * The password of an Aurora cluster, whose login Amazon keeps and changes: for `postgres(…)`.
 * @example
 * postgres({
 *   url: fromEnv('GROUNDPLAN_AWS_DATABASE_URL'),
 *   password: auroraPassword({ region: fromEnv('AWS_REGION'), login: fromEnv('GROUNDPLAN_AWS_DATABASE_LOGIN') }),
 *   only: 'databases',
 *   makesDatabases: true,
 * })
 */
export function auroraPassword({ region, login, endpoint, credentials }: AuroraPasswordOptions) {
  return {
    variables: variablesIn([region, login]),
    async open({ clock, text }: Pick<Opening, 'clock' | 'text'>): Promise<() => Promise<string>> {
      const [{ passwordIn }, { endpointsHere }] = await Promise.all([import('./aurora.ts'), import('./environment.ts')])
      const place = endpoint ?? endpointsHere()?.vault
      const more = { ...(place === undefined ? {} : { endpoint: place }), ...(credentials ? { credentials } : {}) }
      return passwordIn({ clock, region: text(region), login: text(login), ...more })
    },
  }
}

/** All it can keep: databases are PostgreSQL's. */
export const awsKeeps = ['store', 'queues', 'schedules', 'buckets', 'vault', 'mail'] as const satisfies DriverKind[]

/**
 * Tables, queues, schedules, buckets, the vault and mail on AWS, where a deployment has made them.
 * @example
 * environments: { production: { drivers: aws({ region: 'eu-central-1', environment: 'production' }) } }
 */
export function aws(options: AwsEngineOptions): Engine {
  const { region, environment, bucketPrefix, uploadRole, only } = options
  return {
    kind: 'engine',
    name: awsCapabilities.engine,
    keeps: awsKeeps.filter(kind => !only || only.includes(kind)),
    capabilities: { ...awsCapabilities, ...(uploadRole === undefined ? {} : { uploads: 'unbounded' }) },
    variables: variablesIn([region, environment, bucketPrefix, uploadRole]),
    ownKeys: true,
    async open(shape, opening) {
      const { opened } = await import('./environment.ts')
      return opened(options, shape, opening)
    },
  }
}
