/**
 * `site`: a web front end.
 */
import { calledFrom, type Place } from './place.ts'

export interface Site {
  readonly kind: 'site'
  readonly name: string
  /** Where its pages begin, such as `/counter`. */
  readonly path: string
  place(): Place | undefined
}

/**
 * Declares a site.
 * @example sites: [site('client', { path: '/counter' })]
 */
export function site(name: string, options: { readonly path: `/${string}` }): Site {
  return { kind: 'site', name, ...options, place: calledFrom(site) }
}
