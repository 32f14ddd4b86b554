/**
 * `start --service`: some of a plan's services in this process, and the others in other processes on the same engines.
 * Containers are told by variables what people say by flags.
 */
import { isFault } from '../contract/problems.ts'
import { othersIn } from '../http/ask-over-http.ts'
import { partsOf } from '../plan/parts.ts'
import type { Divided } from '../targets/divided.ts'
import type { Given } from './command.ts'
import type { Environment } from './environment.ts'
import type { PlacedAt } from './environments.ts'
import { wrongUsage } from './errors.ts'
import type { LoadedSystem } from './load.ts'
import { nearest } from './nearest.ts'
import type { ServingOptions } from './serving.ts'

export const dividingFlags = {
  service: {
    type: 'string',
    value: '<name,…>',
    help: 'only these run here, the rest elsewhere ($GROUNDPLAN_SERVICE; all)',
  },
  others: { type: 'string', value: '<name=url,…>', help: 'where those elsewhere are asked ($GROUNDPLAN_OTHERS)' },
} as const

type Flags = Given<typeof dividingFlags> & { readonly seed?: true; readonly mount?: string }

const usage = 'groundplan start shop --env production --service front --others books=http://10.0.0.7:7400'

/**
 * What of the systems is to run here; undefined where all of it is. Throws a failure (wrong usage) for a service that
 * none of them has, for a system without any of these, and where what is kept is on this machine's disk, which is for one
 * process.
 */
export function dividedIn(
  { service, others, seed }: Flags,
  environment: Environment,
  loaded: readonly LoadedSystem[],
  placement: PlacedAt | undefined,
): Divided | undefined {
  const names = service ?? environment.GROUNDPLAN_SERVICE
  if (!names) {
    if (others !== undefined) throw wrongUsage('--others says where other services run, and all run here', usage)
    return undefined
  }
  const services = names.split(',').map(name => name.trim())
  refuseStrangers(services, loaded)
  if (!placement) throw wrongUsage('--service needs engines that several processes share: the disk is for one', usage)
  if (seed) throw wrongUsage('--seed fills in whole systems, not some of their services', 'groundplan seed')
  return {
    services,
    others: addressesIn(others ?? environment.GROUNDPLAN_OTHERS ?? ''),
    carries: environment.GROUNDPLAN_CARRIER !== 'elsewhere',
  }
}

function refuseStrangers(services: readonly string[], loaded: readonly LoadedSystem[]): void {
  const known = loaded.map(({ plan }) => ({
    plan: plan.name,
    services: partsOf(plan).services.map(({ name }) => name),
  }))
  const all = known.flatMap(each => each.services)
  const stranger = services.find(name => !all.includes(name))
  if (stranger !== undefined) {
    const near = nearest(stranger, all)
    const wayOut = near === undefined ? `there are: ${all.join(', ')}` : `perhaps --service ${near}`
    throw wrongUsage(`there is no service "${stranger}"`, wayOut)
  }
  const idle = known.find(each => !each.services.some(name => services.includes(name)))
  if (idle) throw wrongUsage(`none of these is a service of ${idle.plan}`, 'name the system whose services they are')
}

function addressesIn(text: string): ReadonlyMap<string, string> {
  try {
    return othersIn(text)
  } catch (error) {
    throw isFault(error, 'setting-missing') ? wrongUsage(error.detail ?? '', usage) : error
  }
}

/** To be served: the gateways of these services and no others, and no pages, which need all of them. */
export function withShare(options: ServingOptions, divided: Divided, loaded: readonly LoadedSystem[]): ServingOptions {
  const own = loaded.flatMap(({ plan }) =>
    Object.entries(plan.gateways).flatMap(([name, { service }]) =>
      divided.services.includes(service.name) ? [name] : [],
    ),
  )
  const { gateways: open = own } = options
  return { ...options, divided, gateways: own.filter(name => open.includes(name)) }
}
