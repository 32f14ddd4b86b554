/**
 * The type shorthands over Zod that all words of the plan share.
 */
import type { z } from 'zod'

export type Schema = z.ZodType

/** What reading through a schema gives. */
export type Out<S> = S extends z.ZodType ? z.output<S> : never

/** What writing through a schema takes. */
export type In<S> = S extends z.ZodType ? z.input<S> : never

export type Simplify<T> = { [K in keyof T]: T[K] } & {}

export type Empty = Record<never, never>

/**
 * A function of this type is looked at when `Settled` is inferred, not before: what it returns is then compared with the
 * schema itself, so that literals stay literals (`{ state: 'paid' }`) without a cast. The condition always holds. The
 * compiler does so for functions that take an argument; others write `as const`.
 */
export type WhenSettled<Settled, Function> = [Settled] extends [never] ? never : Function

type Upgrade<Older, Newest> = WhenSettled<Newest, (old: Out<Older>) => In<Newest>>

/**
 * A schema, or an older schema with the upgrade to the newest: data outlives schemas.
 * On reading, the newest schema that accepts the stored value wins; so make what is new required, or mark it with a
 * literal. Several older forms are a `z.union` in the first place.
 * @example item: [z.object({ name: z.string() }), old => ({ firstName: old.name, lastName: '' }), Person]
 */
export type Versioned<Newest extends Schema, Older extends Schema> =
  | Newest
  | readonly [older: Older, up: Upgrade<Older, Newest>, newest: Newest]

/** A versioned schema as the framework keeps it. */
export interface Reading {
  readonly schema: Schema
  readonly older?: { readonly schema: Schema; up(old: unknown): unknown }
}

export function reading<N extends Schema, O extends Schema>(given: Versioned<N, O>): Reading {
  if (!isVersions(given)) return { schema: given }
  const [older, up, schema] = given
  // The upgrade is only ever called with what `older` has parsed.
  return { schema, older: { schema: older, up: up as (old: unknown) => unknown } }
}

function isVersions<N extends Schema, O extends Schema>(
  given: Versioned<N, O>,
): given is readonly [O, Upgrade<O, N>, N] {
  return Array.isArray(given)
}
