/**
 * Routes of a gateway as plain data: all a client needs to know of it, so that a browser is not given its handlers.
 */
import type { AnyEndpoint, Method } from '../../plan/endpoint.ts'
import type { AnyGateway } from '../../plan/gateway.ts'

export interface RouteEntry {
  readonly method: Method
  /** With `:name` for parameters. */
  readonly path: string
  readonly answers: 'json' | 'nothing' | 'file' | 'stream'
  /** The codes of the problems that are replies. */
  readonly fails: readonly string[]
  /** The request header that makes a retried request happen once. */
  readonly once?: string
}

/** By the lasting name of the endpoint. It is JSON. */
export type RouteManifest = Readonly<Record<string, RouteEntry>>

/**
 * The manifest of a gateway, for clients that cannot have the gateway itself.
 * @example writeFileSync('routes.json', JSON.stringify(routesOf(counter.gateways.api)))
 */
export function routesOf(gateway: AnyGateway): RouteManifest {
  const handlers: Readonly<Record<string, { readonly kind: string }>> = gateway.service.handlers
  const entries = Object.entries(handlers).flatMap(([name, handler]) =>
    isEndpoint(handler) && handler.caller.scheme !== 'internal' ? [[name, entryOf(handler)] as const] : [],
  )
  return Object.fromEntries(entries)
}

function isEndpoint(handler: { readonly kind: string }): handler is AnyEndpoint {
  return handler.kind === 'endpoint'
}

function entryOf({ method, path, returns, fails, once }: AnyEndpoint): RouteEntry {
  const answers = '_zod' in returns || !('kind' in returns) ? 'json' : (returns.kind as RouteEntry['answers'])
  return { method, path, answers, fails: Object.keys(fails), ...(once === undefined ? {} : { once }) }
}
