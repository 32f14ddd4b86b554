/** What `config.ts` names, once it is asked for: the drivers of a plan on AWS, those that the environment has there. */
import type { Opened, Opening, PlanShape } from 'groundplan/driver'
import type { AwsEngineOptions } from './config.ts'
import { type AwsDriversOptions, awsDrivers } from './drivers.ts'

export async function opened(options: AwsEngineOptions, shape: PlanShape, opening: Opening): Promise<Opened> {
  const { parts, others } = opening
  const elsewhere = {
    ...(others.store && !parts.includes('store') ? { store: others.store } : {}),
    ...(others.queues && !parts.includes('queues') ? { queues: others.queues } : {}),
  }
  // Databases are others'.
  const drivers = awsDrivers({ ...shape, databases: [] }, { ...optionsOf(options, shape, opening), elsewhere })
  const own = parts.map(kind => [kind, drivers[kind]] as const)
  return { ...Object.fromEntries(own), close: () => drivers.close() }
}

export function optionsOf(
  { region, environment, bucketPrefix, uploadRole, endpoints = endpointsHere(), credentials }: AwsEngineOptions,
  { plan }: PlanShape,
  { clock, text }: Pick<Opening, 'clock' | 'text'>,
): AwsDriversOptions {
  return {
    ...{ clock, region: text(region), prefix: `${plan}-${text(environment)}` },
    ...(bucketPrefix === undefined ? {} : { bucketPrefix: text(bucketPrefix) }),
    ...(uploadRole === undefined ? {} : { uploadRole: text(uploadRole) }),
    ...(endpoints ? { endpoints } : {}),
    ...(credentials ? { credentials } : {}),
  }
}

/** Addresses of stand-ins for what runs here: JSON in GROUNDPLAN_AWS_ENDPOINTS, which nothing at Amazon has. */
export function endpointsHere(
  { GROUNDPLAN_AWS_ENDPOINTS: json }: Readonly<Record<string, string | undefined>> = process.env,
): Endpoints | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as Endpoints)
}

export type Endpoints = NonNullable<AwsDriversOptions['endpoints']> & { readonly lambda?: string }
