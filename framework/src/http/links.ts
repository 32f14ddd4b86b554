/**
 * Links to objects, and S3 clients that upload, on the Node door: requests at `/links/<plan>` and below
 * `/<plan>_<bucket>` go to the buckets that made the links and credentials.
 */

import type { Extra } from './node/elsewhere.ts'
import { Exchange } from './node/exchange.ts'
import { Incoming } from './node/incoming.ts'
import { callFetch } from './node/mounts.ts'

/** What made the links and credentials. */
export interface LinkTarget {
  /** Whether a path, without its query, is that of a link, or of an upload. */
  isLink(path: string): boolean
  /** Answers a request that came by a link or with credentials to upload; undefined where it did not. */
  follow(request: Request): Promise<Response | undefined>
}

/**
 * Answers what comes by a link or is uploaded; leaves everything else to others.
 * @example serve(doors, { extra: { '/': linksTo(target) }, … })
 */
export function linksTo(target: LinkTarget): Extra {
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    if (!(request instanceof Incoming) || !target.isLink(path)) return false
    const handler = async (asked: Request): Promise<Response> =>
      (await target.follow(asked)) ?? new Response(null, { status: 404 })
    await callFetch(new Exchange(request, response, undefined), handler)
    return true
  }
}
