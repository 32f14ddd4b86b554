/**
 * The doors of a plan: gateways with routes that differ, sites with paths of their own.
 */
import { type AnyEndpoint, usualBody } from '../endpoint.ts'
import { finding, type Mistake } from '../mistake.ts'
import { handlersOf, type NamedGateway, type NamedHandler, type Parts } from '../parts.ts'
import type { AnyService } from '../service.ts'
import type { Site } from '../site.ts'
import { bytes } from '../words.ts'
import { pathFault } from './endpoints.ts'
import { grouped } from './grouped.ts'
import { handlerText } from './services.ts'

type NamedEndpoint = NamedHandler & { readonly handler: AnyEndpoint }

export function* gatewayMistakes(parts: Parts): Generator<Mistake> {
  const endpoints = endpointsBehindGateways(parts)
  for (const gateway of parts.gateways) yield* doorMistakes(gateway, endpoints.get(gateway.gateway.service) ?? [])
  for (const behind of endpoints.values()) yield* routeMistakes(behind)
  for (const site of parts.plan.sites) yield* sitePathMistakes(site)
  yield* sharedSitePaths(parts.plan.sites)
}

function endpointsBehindGateways(parts: Parts): ReadonlyMap<AnyService, readonly NamedEndpoint[]> {
  const endpoints = new Map<AnyService, NamedEndpoint[]>()
  for (const { gateway } of parts.gateways) endpoints.set(gateway.service, [])
  for (const named of handlersOf(parts, 'endpoint')) endpoints.get(named.service)?.push(named)
  return endpoints
}

function* routeMistakes(endpoints: readonly NamedEndpoint[]): Generator<Mistake> {
  for (const same of grouped(endpoints, addressOf).values()) {
    // One endpoint under two names is another mistake.
    const different = [...new Map(same.map(named => [named.handler, named])).values()]
    if (different.length > 1) yield routeTaken(different)
  }
}

function addressOf({ handler: { method, path } }: NamedEndpoint): string {
  return `${method} ${path.replace(/:[^/]*/g, ':')}`
}

function routeTaken(same: readonly NamedEndpoint[]): Mistake {
  const all = same.map(({ name, handler }) => `"${name}" (${handler.method} ${handler.path})`).join(' and ')
  return finding(
    'route-taken',
    same.map(({ handler }) => handler),
    `The endpoints ${all} of the service "${same[0]?.service.name}" answer to one address`,
    'change a path: the names of parameters do not tell routes apart',
  )
}

function* doorMistakes(named: NamedGateway, endpoints: readonly NamedEndpoint[]): Generator<Mistake> {
  const { name, gateway } = named
  if (endpoints.length === 0 && Object.keys(gateway.mounts).length === 0) {
    const message = `The gateway "${name}" has no endpoints: its service "${gateway.service.name}" has none`
    yield finding(
      'gateway-without-endpoints',
      [gateway],
      message,
      'give the service an endpoint; one without is listed in `services`',
    )
  }
  for (const mount of Object.keys(gateway.mounts)) {
    const why = pathFault(mount, false)
    if (!why) continue
    const message = `The gateway "${name}" has the mount "${mount}": ${why}`
    yield finding('path-invalid', [gateway], message, 'write it like /legacy')
  }
  yield* throttleMistakes(named)
  yield* originMistakes(named)
  yield* bodySizeMistakes(named, endpoints)
}

function* throttleMistakes({ name, gateway }: NamedGateway): Generator<Mistake> {
  const { rate, burst } = gateway.throttle
  if (rate > 0 && burst >= 1 && Number.isInteger(burst)) return
  const message = `The gateway "${name}" has a throttle with the rate ${rate} and the burst ${burst}`
  yield finding('throttle-invalid', [gateway], message, 'give it a rate above 0, and a whole number from 1 on as burst')
}

function* originMistakes({ name, gateway }: NamedGateway): Generator<Mistake> {
  for (const origin of gateway.cors?.origins ?? []) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue
    const message = `The gateway "${name}" names the origin "${origin}" in \`cors\``
    yield finding(
      'origin-invalid',
      [gateway],
      message,
      'name scheme, host and port alone, such as https://shop.example.org',
    )
  }
}

/** An endpoint that asks for more than usual must get it from its gateway. */
function* bodySizeMistakes({ name, gateway }: NamedGateway, endpoints: readonly NamedEndpoint[]): Generator<Mistake> {
  for (const named of endpoints) {
    const { maxBodyBytes } = named.handler
    if (maxBodyBytes <= Math.max(gateway.maxBodyBytes, bytes(usualBody))) continue
    const sizes = `${maxBodyBytes} bytes, and the gateway "${name}" lets ${gateway.maxBodyBytes} through`
    const message = `The ${handlerText(named)} accepts a body of ${sizes}`
    yield finding(
      'body-above-gateway',
      [named.handler, gateway],
      message,
      'raise `maxBody` of the gateway, or lower the endpoint’s',
    )
  }
}

// ---------- sites

function* sitePathMistakes(site: Site): Generator<Mistake> {
  const why = pathFault(site.path, false)
  if (!why) return
  yield finding(
    'path-invalid',
    [site],
    `The site "${site.name}" has the path "${site.path}": ${why}`,
    'write it like /shop',
  )
}

/** Also asked of the sites of all plans that one process serves. */
export function* sharedSitePaths(sites: readonly Site[]): Generator<Mistake> {
  for (const [path, same] of grouped(sites, site => site.path)) {
    if (same.length < 2) continue
    const names = same.map(({ name }) => `"${name}"`).join(' and ')
    yield finding(
      'site-path-taken',
      same,
      `The sites ${names} begin at one path, "${path}"`,
      'give each a path of its own',
    )
  }
}
