/**
 * `@groundplan/aws/lambda`: what a function finds where it runs: the drivers, the other functions, a log. The environment
 * variables are those that the templates give it.
 */
import { bucketName } from '@groundplan/s3'
import { type Clock, fault, type LogRecord, type PlanShape } from 'groundplan/driver'
import type { AwsOptions } from './client.ts'
import { type AwsDriversOptions, awsDrivers } from './drivers.ts'
import { endpointsHere } from './environment.ts'
import { Functions, functionName } from './functions.ts'

export interface OnLambda {
  readonly clock: Clock
  readonly service?: string
  drivers(shape: PlanShape): ReturnType<typeof awsDrivers>
  invoke(service: string, json: string): Promise<string>
  stream(service: string, json: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Where the services are that run as containers. */
  readonly others?: string
  bucketNamed(engineName: string): string | undefined
  logs(record: LogRecord): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** What whoever made the bundle knows: databases have a driver of their own. */
export interface LambdaParts extends Pick<AwsDriversOptions, 'databases'> {
  readonly clock: Clock
  /** None: the carrier. */
  readonly service?: string
}

export function onLambda({ clock, service, databases }: LambdaParts, environment: Environment = process.env): OnLambda {
  const options = optionsIn(environment, clock)
  const { prefix, bucketPrefix = prefix } = options
  const { GROUNDPLAN_OTHERS: others } = environment
  let made: Functions | undefined
  const functions = (): Functions => {
    made ??= new Functions(functionsAt(options))
    return made
  }
  let buckets: PlanShape['buckets'] = []
  return {
    clock,
    ...(service === undefined ? {} : { service }),
    ...(others === undefined ? {} : { others }),
    drivers(shape) {
      buckets = shape.buckets
      return awsDrivers(shape, { ...options, ...(databases ? { databases } : {}) })
    },
    invoke: (name, json) => functions().call(functionName(prefix, name), json),
    stream: (name, json, signal) => functions().stream(functionName(prefix, name), json, signal),
    bucketNamed: engineName => buckets.find(({ name }) => bucketName(bucketPrefix, name) === engineName)?.name,
    logs: told,
  }
}

function functionsAt({ clock, region, endpoints }: ReturnType<typeof optionsIn>): AwsOptions {
  const endpoint = endpoints?.lambda
  return { clock, region, ...(endpoint === undefined ? {} : { endpoint }) }
}

/** Faults: `setting-missing`, which names all that is not there. */
function optionsIn(environment: Environment, clock: Clock) {
  const { AWS_REGION: region, GROUNDPLAN_AWS_PREFIX: prefix, GROUNDPLAN_AWS_BUCKET_PREFIX: bucketPrefix } = environment
  const { GROUNDPLAN_AWS_UPLOAD_ROLE: uploadRole } = environment
  if (region === undefined || prefix === undefined) {
    throw fault('setting-missing', 'a function needs AWS_REGION and GROUNDPLAN_AWS_PREFIX in its environment')
  }
  const endpoints = endpointsHere(environment)
  return {
    clock,
    region,
    prefix,
    ...(bucketPrefix === undefined ? {} : { bucketPrefix }),
    ...(uploadRole === undefined ? {} : { uploadRole }),
    ...(endpoints ? { endpoints } : {}),
  }
}

/** A line of JSON for each record: CloudWatch reads its level and time. */
function told({ level, atMs, ...rest }: LogRecord): void {
  const timestamp = new Date(atMs).toISOString()
  process.stdout.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), ...rest })}\n`)
}
