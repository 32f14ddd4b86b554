/**
 * The door of a function: finds what a request asks for, refuses what cannot be answered, reads the body and calls. The
 * same rules as on Node's server; what API Gateway has done already is not done again.
 */
import { readable, utf8Bytes } from '../../contract/limits.ts'
import type { Door } from '../../runtime/door.ts'
import { parametersOf, routesOf, type Spot, type Standing, standingsOf, type Target } from '../addresses.ts'
import { isForeign } from '../foreign.ts'
import { readJson } from '../json.ts'
import { isJson } from '../media.ts'
import type { Found, Routes } from '../routes.ts'
import { LambdaAsked } from './asked.ts'
import type { Came } from './came.ts'
import { otherMethod, type Refusal, refused } from './refused.ts'
import { corsOf, type Reply, replyOf } from './reply.ts'

export class LambdaDoor {
  readonly #door: Door
  readonly #standings: readonly Standing[]
  readonly #routes: Routes<Spot>

  constructor(door: Door) {
    this.#door = door
    this.#standings = standingsOf(door, false)
    this.#routes = routesOf(this.#standings)
  }

  /** Never rejects because of what a handler does. */
  async answer(came: Came): Promise<Reply> {
    const found = this.#find(came.path)
    if (!found) return refused(this.#door, came, undefined, ['no-such-route', 'there is nothing at this address'])
    const target = found.spot.targets.get(came.method)
    if (!target) return otherMethod(this.#door, came, found.spot)
    const asked = askedOf(came, target, found)
    if (!(asked instanceof LambdaAsked)) return refused(this.#door, came, found.spot, asked)
    const answer = await this.#door.call(target.route, asked)
    return replyOf(answer, corsOf(came, found.spot))
  }

  /** Whether what stands at an address answers piece by piece. */
  isStreamed(came: Came): boolean {
    const target = this.#find(came.path)?.spot.targets.get(came.method)
    return target !== undefined && !target.atOnce
  }

  /** An API may tell the path without what its domain maps to it. */
  #find(path: string): Found<Spot> | undefined {
    const routes = this.#routes
    const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
    const found = routes.find(path) ?? routes.find(plain)
    if (found) return found
    for (const { base } of this.#standings) {
      const below = routes.find(plain === '/' ? base : base + plain)
      if (below) return below
    }
    return undefined
  }
}

/** The request for the runtime, or why it is refused. */
function askedOf(came: Came, target: Target, found: Found<Spot>): LambdaAsked | Refusal {
  const params = parametersOf(target, found)
  if (!params || !came.query) return ['request-invalid', 'the address is not percent-encoded UTF-8']
  const { origin, host, 'sec-fetch-site': fetchSite, 'x-forwarded-host': forwarded } = came.headers
  const from = { method: came.method, origin, fetchSite, host: forwarded ?? host }
  if (isForeign(from, target.standing.cors)) {
    return ['not-allowed', 'the gateway does not let pages of this origin call it: name the origin in its `cors`']
  }
  const asked = new LambdaAsked(came, params, came.query)
  return came.body === '' ? asked : (bodyFault(came, target, asked) ?? asked)
}

/** Reads the body; gives why it cannot be taken. */
function bodyFault(came: Came, { maxBodyBytes }: Target, asked: LambdaAsked): Refusal | undefined {
  if (!isJson(came.headers['content-type'])) {
    return ['unsupported-media-type', 'send application/json or application/*+json, in UTF-8']
  }
  const bytes = came.isBase64 ? Buffer.from(came.body, 'base64') : undefined
  if ((bytes?.length ?? utf8Bytes(came.body)) > maxBodyBytes) {
    return ['body-too-large', `at most ${readable(maxBodyBytes)}`]
  }
  const json = readJson(bytes ?? Buffer.from(came.body))
  if (!json.ok) return ['invalid-json', json.why]
  asked.body = json.value
  return undefined
}
