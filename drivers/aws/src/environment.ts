/** What `config.ts` names, once it is asked for: the drivers of a plan on AWS, those that the environment has there. */
import type { Opened, Opening, PlanShape, ServiceFunctions } from 'groundplan/driver'
import type { AwsEngineOptions } from './config.ts'
import { type AwsDriversOptions, awsDrivers } from './drivers.ts'
import { Functions, functionName } from './functions.ts'

export async function opened(options: AwsEngineOptions, shape: PlanShape, opening: Opening): Promise<Opened> {
  const { parts, others } = opening
  const elsewhere = {
    ...(others.store && !parts.includes('store') ? { store: others.store } : {}),
    ...(others.queues && !parts.includes('queues') ? { queues: others.queues } : {}),
  }
  // Databases are others'.
  const given = optionsOf(options, shape, opening)
  const carried = opening.carried ? ({ carried: true } as const) : {}
  const drivers = awsDrivers({ ...shape, databases: [] }, { ...given, elsewhere, ...carried })
  const functions = functionsOf(given)
  const own = parts.map(kind => [kind, drivers[kind]] as const)
  return {
    ...Object.fromEntries(own),
    functions,
    async close() {
      functions.close()
      await drivers.close()
    },
  }
}

/** The services of a plan that are functions: nothing is made before one is asked. */
function functionsOf({
  clock,
  region,
  prefix,
  endpoints,
  credentials,
}: FunctionsAt): ServiceFunctions & { close(): void } {
  let made: Functions | undefined
  const opened = (): Functions => {
    const endpoint = endpoints?.lambda
    made ??= new Functions({
      clock,
      region,
      ...(endpoint ? { endpoint } : {}),
      ...(credentials ? { credentials } : {}),
    })
    return made
  }
  return {
    call: (service, json) => opened().call(functionName(prefix, service), json),
    stream: (service, json, signal) => opened().stream(functionName(prefix, service), json, signal),
    close: () => made?.close(),
  }
}

type FunctionsAt = Pick<AwsDriversOptions, 'clock' | 'region' | 'prefix' | 'credentials'> & {
  readonly endpoints?: Endpoints
}

export function optionsOf(
  { region, environment, bucketPrefix, uploadRole, endpoints = endpointsHere(), credentials }: AwsEngineOptions,
  { plan }: PlanShape,
  { clock, text }: Pick<Opening, 'clock' | 'text'>,
): AwsDriversOptions & { readonly endpoints?: Endpoints } {
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
