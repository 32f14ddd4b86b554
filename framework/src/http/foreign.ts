/**
 * Calls of other origins' pages that no rule lets in: what could change something is refused. No answer of ours would reach
 * that page anyway, and its cookies must not act for it (cross-site request forgery).
 */
import type { CorsRules } from './cors.ts'

/** What a request says about where it comes from. */
export interface Provenance {
  readonly method: string
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, set by browsers alone. */
  readonly fetchSite: string | undefined
  /** The host the request was sent to. */
  readonly host: string | undefined
}

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a browser sends this for a page of another origin that the gateway does not name. */
export function isForeign(from: Provenance, rules: CorsRules | undefined): boolean {
  const { method, origin, fetchSite, host } = from
  if (origin === undefined && fetchSite === undefined) return false
  if (harmless.has(method) || (origin !== undefined && rules?.origins.has(origin))) return false
  if (fetchSite !== undefined) return fetchSite !== 'same-origin' && fetchSite !== 'none'
  return hostOf(origin) !== host?.toLowerCase()
}

/** The host of an origin; nothing for the opaque origin `null`. */
function hostOf(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined
}
