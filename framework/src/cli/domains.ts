/** Domain names of gateways, as an environment of the config gives them. */
import { baseOf } from '../http/addresses.ts'
import type { Plan } from '../plan/plan.ts'
import { wrongUsage } from './errors.ts'
import { nearest } from './nearest.ts'

/** A gateway that alone answers at a domain name. */
export interface NamedGateway {
  readonly domain: string
  /** Where it stands, there and everywhere: `/api/shop/customer`. */
  readonly path: string
}

/** A name as the world has them: labels of letters, digits and hyphens, at least two. */
const domainName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The gateways of a plan that have names. Throws a failure (wrong usage) for a gateway that is not there, and for what is no name. */
export function namedIn(plan: Plan, domains: Readonly<Record<string, string>>, file: string): readonly NamedGateway[] {
  const gateways = Object.keys(plan.gateways)
  const named = Object.entries(domains).map(([gateway, domain]) => {
    if (!gateways.includes(gateway)) throw unknown(plan.name, gateway, gateways, file)
    if (!domainName.test(domain)) {
      throw wrongUsage(`"${domain}" is no domain name`, `${file}: domains.${plan.name}.${gateway}: shop.example.org`)
    }
    return { domain, path: baseOf(plan.name, gateway, gateways.length, false) }
  })
  const double = named.find(({ domain }, at) => named.findIndex(each => each.domain === domain) < at)
  if (double) throw wrongUsage(`Two gateways of ${plan.name} have the name ${double.domain}`, 'give each its own')
  return named
}

function unknown(plan: string, gateway: string, gateways: readonly string[], file: string): Error {
  const meant = nearest(gateway, gateways)
  const wayOut = meant === undefined ? `it has: ${gateways.join(', ')}` : `did you mean "${meant}"?`
  return wrongUsage(`${file} names a domain for the gateway "${gateway}", and ${plan} has none of that name`, wayOut)
}
