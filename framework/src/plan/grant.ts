/**
 * Grants: the right a handler asks for on a resource, in its `uses`. Permissions, the diagram's arrows,
 * traces and fault points all come from them. The type of a grant carries the client the handler receives;
 * at run time a grant is the resource and the name of the right.
 */
import type { Place } from './place.ts'

export type ResourceKind =
  | 'table'
  | 'view'
  | 'database'
  | 'queue'
  | 'topic'
  | 'bucket'
  | 'secret'
  | 'setting'
  | 'mailbox'
  | 'connection'
  | 'service'

/** What keeps or carries something, and anything else a grant can be asked on. */
export interface Resource {
  readonly kind: ResourceKind
  /** Lower case words joined by hyphens; the lasting name on every target. */
  readonly name: string
  /** Where it was declared. */
  place(): Place | undefined
}

/** Exists in types only: the client that a grant gives. */
export declare const given: unique symbol

export interface Grant<out Client> {
  readonly [given]: Client
  readonly resource: Resource
  readonly right: string
}

export type Uses = Readonly<Record<string, Grant<unknown>>>

/** The clients a handler receives for its `uses`. */
export type Clients<U extends Uses> = { readonly [K in keyof U]: U[K] extends Grant<infer C> ? C : never }

/** Makes a grant. The client exists in the type alone until the runtime builds it for a call. */
export function grant<Client>(resource: Resource, right: string): Grant<Client> {
  return { resource, right } as Grant<Client>
}
