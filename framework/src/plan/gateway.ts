/**
 * `gateway`: the door of a service: its endpoints as routes, with throttle, CORS and limits.
 */
import { calledFrom, type Place } from './place.ts'
import type { Handlers, Service } from './service.ts'
import { bytes, type Size } from './words.ts'

export interface Throttle {
  /** Requests a second, over time. */
  readonly rate: number
  /** Requests at once. */
  readonly burst: number
  /** Counted for the whole gateway (the default), or for each address. */
  readonly per?: 'gateway' | 'address'
}

export interface Cors {
  /** Exact origins, such as `https://shop.example.org`. */
  readonly origins: readonly string[]
  readonly credentials?: boolean
}

/** An existing handler in the sense of the Fetch standard. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** A gateway as the framework keeps it; its name comes from the plan's record. */
export interface Gateway<H extends Handlers> {
  readonly kind: 'gateway'
  readonly service: Service<H>
  readonly title?: string
  readonly throttle: Throttle
  readonly cors?: Cors
  readonly maxBodyBytes: number
  readonly mounts: Readonly<Record<string, FetchHandler>>
  place(): Place | undefined
}

/** Any gateway, where its handlers' types do not matter. */
// biome-ignore lint/suspicious/noExplicitAny: a service's client makes it invariant in its handlers, so only `any` stands for all.
export type AnyGateway = Gateway<any>

/**
 * Declares a gateway.
 * - `throttle`: default 10,000 a second with a burst of 5,000, the bound of an AWS account.
 * - `cors`: which other origins may call it. Default: none.
 * - `maxBody`: above an endpoint's own, at most 6 MB. Default 6 MB.
 * - `mounts`: existing Fetch handlers below a path.
 * @example gateways: { api: gateway(server, { throttle: { rate: 200, burst: 400 } }) }
 */
export function gateway<H extends Handlers>(
  service: Service<H>,
  options: {
    readonly title?: string
    readonly throttle?: Throttle
    readonly cors?: Cors
    readonly maxBody?: Size
    readonly mounts?: Readonly<Record<`/${string}`, FetchHandler>>
  } = {},
): Gateway<H> {
  const { throttle = { rate: 10_000, burst: 5_000 }, cors, maxBody = '6 MB', mounts = {}, title } = options
  return {
    kind: 'gateway',
    service,
    throttle,
    maxBodyBytes: bytes(maxBody),
    mounts,
    place: calledFrom(gateway),
    ...(cors ? { cors } : {}),
    ...(title === undefined ? {} : { title }),
  }
}
