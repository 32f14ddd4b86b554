/**
 * What is known of Zod's names without Zod: which functions make a schema, and of what class it is. What is not named in
 * kind-names.ts is left to Zod itself.
 */
import { type Kind, makers, methods, same } from './kind-names.ts'

export type { Kind } from './kind-names.ts'

/** Parts of `z` that hold functions of their own. */
export const namespaces: ReadonlySet<string> = new Set(['iso', 'coerce'])

export function makes(name: string): boolean {
  return Object.hasOwn(makers, name)
}

export function kindOf(name: string): Kind | undefined {
  return makers[name] || undefined
}

/** They change nothing that is read or written. */
export const keepsHow: ReadonlySet<string> = new Set(['meta', 'describe', 'brand'])

/** The class of what a method gives; `unknown` where the method does not make a schema. */
export function kindAfter(name: string, before: Kind | undefined): Kind | undefined | 'unknown' {
  if (Object.hasOwn(methods, name)) return methods[name]
  return same.includes(name) ? before : 'unknown'
}
