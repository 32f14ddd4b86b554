/**
 * What is no endpoint: handlers of others below a prefix, and inside a gateway its mounted handlers and its own pages.
 * The longest address goes first; a gateway that is not at the root lets nobody after it answer for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Addresses, isBelow, type Standing } from '../addresses.ts'
import type { NodeExchange } from './exchange.ts'

/**
 * Answers requests below a prefix by itself, as a plain handler of Node's server. Gives false when it does not want
 * the request, and then has touched neither body nor answer.
 */
export type Extra = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>
export type Extras = Readonly<Record<`/${string}`, Extra>>

/** Takes an exchange, or leaves it to the next. */
export type Take = (exchange: NodeExchange, path: string) => boolean | Promise<boolean>

export interface Place {
  /** Without a slash at its end; empty for the root. */
  readonly prefix: string
  readonly take: Take
  /** Whether nobody after it may answer. */
  readonly last: boolean
}

export function placesOf(
  addresses: Addresses,
  extras: Extras,
  gateway: (standing: Standing) => Take,
): readonly Place[] {
  const gateways = addresses.standings.map(standing => ({
    prefix: standing.base,
    take: gateway(standing),
    last: standing.base !== '',
  }))
  const others = Object.entries(extras).map(([prefix, run]) => ({
    prefix: prefix.endsWith('/') ? prefix.slice(0, -1) : prefix,
    take: taking(run),
    last: false,
  }))
  return [...gateways, ...others].sort((left, right) => right.prefix.length - left.prefix.length)
}

function taking(run: Extra): Take {
  return ({ request, response }) => {
    if (request.headers.expect !== undefined) response.writeContinue()
    return run(request, response)
  }
}

/** Hands an exchange to the first place that takes it; false when none does. */
export async function takenAt(places: readonly Place[], exchange: NodeExchange, path: string): Promise<boolean> {
  for (const { prefix, take, last } of places) {
    if (!isBelow(path, prefix)) continue
    if (await take(exchange, path)) return true
    if (last) return false
  }
  return false
}
