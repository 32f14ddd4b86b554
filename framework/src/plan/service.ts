/**
 * `service`: handlers that run and scale together. Other services call its endpoints through its client.
 */
import type { Handler } from './call.ts'
import type { AnyEndpoint, Endpoint, EndpointTypes } from './endpoint.ts'
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import type { Problem } from './problem.ts'
import type { Empty, Simplify } from './schema.ts'

/** Handlers under their lasting names. */
export type Handlers = Readonly<Record<string, Handler>>

type Part<Name extends string, T> = [T] extends [undefined]
  ? Empty
  : Empty extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T }

/** What a caller of an endpoint gives. */
export type RequestOf<T extends EndpointTypes> = Simplify<
  (keyof T['params'] extends never ? Empty : { readonly params: T['params'] }) &
    Part<'query', T['query']> &
    Part<'body', T['body']> &
    Part<'headers', T['headers']> & {
      /** For an endpoint with `once`: the key under which a retry is the same request. Made when absent. */
      readonly once?: string
    }
>

/** What comes back: the value, or one of the problems that the endpoint's `fails` names. */
export type ReplyOf<T extends EndpointTypes> =
  | { readonly ok: true; readonly value: T['returns'] }
  | ([T['fails']] extends [never] ? never : { readonly ok: false; readonly problem: Problem<T['fails']> })

type Ask<T extends EndpointTypes> =
  Empty extends RequestOf<T>
    ? (request?: RequestOf<T>) => Promise<ReplyOf<T>>
    : (request: RequestOf<T>) => Promise<ReplyOf<T>>

/**
 * The endpoints of a service as functions: typed, validated and serialised both ways (at most 6 MB); caller, deadline
 * and trace are handed on. Problem codes: `service-unavailable`, `timed-out`, `message-too-large`, `request-invalid`.
 */
export type ServiceClient<H extends Handlers> = {
  readonly [N in keyof H as H[N] extends AnyEndpoint ? N : never]: H[N] extends Endpoint<infer T> ? Ask<T> : never
}

export interface Service<H extends Handlers> extends Resource {
  readonly kind: 'service'
  readonly handlers: H
  readonly client: Grant<ServiceClient<H>>
}

/** Any service, where its handlers' types do not matter. */
export interface AnyService extends Resource {
  readonly kind: 'service'
  readonly handlers: Handlers
}

/**
 * Declares a service. The record's names are the lasting names of its handlers.
 * @example export const backend = service('backend', { placeOrder, tellOperations, catalogue })
 */
export function service<const H extends Handlers>(name: string, handlers: H): Service<H> {
  const place = calledFrom(service)
  const self: Service<H> = {
    kind: 'service',
    name,
    place,
    handlers,
    get client() {
      return grant<ServiceClient<H>>(self, 'client')
    },
  }
  return self
}
