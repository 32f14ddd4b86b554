/** A call of an endpoint, with what was validated; and how its handler is called. */
import type { EndpointCall } from '../plan/endpoint.ts'
import type { Clients, Uses } from '../plan/grant.ts'
import { RunningCall } from './call.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { Pending } from './operations.ts'

export class EndpointRun extends RunningCall implements EndpointCall<unknown, unknown, unknown, unknown, unknown> {
  params: unknown
  query: unknown
  body: unknown
  headers: unknown
  caller: unknown
}

/** Calls the handler. An operation that it returns without awaiting is run as the answer. */
export function handled(bound: BoundEndpoint, call: EndpointRun): unknown {
  const result = bound.endpoint.handle(call, bound.clients(call) as Clients<Uses>)
  return result instanceof Pending ? call.session.runAsAnswer(result) : result
}
