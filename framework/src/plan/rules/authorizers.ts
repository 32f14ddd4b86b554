/**
 * Authorizers: what words that make them found wrong, and what those of several plans must not share.
 */
import { finding, type Mistake } from '../mistake.ts'
import type { Parts } from '../parts.ts'
import { grouped } from './grouped.ts'

export function* authorizerMistakes({ authorizers }: Parts): Generator<Mistake> {
  for (const authorizer of authorizers) {
    for (const { message, wayOut } of authorizer.flaws ?? []) {
      yield finding('authorizer-invalid', [authorizer], message, wayOut)
    }
  }
}

/** Systems at one address have one jar of cookies: signing in to one would sign out of the other. */
export function* sharedCookies(all: readonly Parts[]): Generator<Mistake> {
  const shown = all.flatMap(({ plan, authorizers }) =>
    authorizers.flatMap(authorizer => {
      const { shownBy } = authorizer
      return shownBy && 'cookie' in shownBy ? [{ plan, authorizer, cookie: shownBy.cookie }] : []
    }),
  )
  for (const [cookie, same] of grouped(shown, each => each.cookie)) {
    const plans = new Map(same.map(each => [each.plan, each]))
    if (plans.size < 2) continue
    const names = [...plans.keys()].map(({ name }) => `"${name}"`).join(' and ')
    const at = [...plans.values()].map(each => each.authorizer)
    yield finding('names-collide', at, `The plans ${names} both use the cookie "${cookie}"`, 'give each its own')
  }
}
