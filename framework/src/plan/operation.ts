/**
 * Operations: writes and messages that are described first and run when awaited, alone or all or nothing in
 * `atomically`. The plan knows their shape only; each operation carries the work of the call it belongs to.
 */
import type { Problem } from './problem.ts'

/** In types only: whether a condition of the operation can refuse it. */
export declare const refuses: unique symbol

/** Runs operations of one call in one commit. Every operation made in a call carries the call's own. */
export interface Work {
  commit<O extends Operations>(operations: O): Atomic<O>
}

export const work: unique symbol = Symbol('work')

/** Runs when awaited, or as part of `atomically`; once at most. */
export interface Operation<T, Refusable extends boolean = false> extends PromiseLike<T> {
  readonly [refuses]: Refusable
  readonly [work]: Work
}

/** An operation with a condition. When the condition refuses it, it throws `conflict`, unless `.or` says what then. */
export interface Refusable<T> extends Operation<T, true> {
  /**
   * What the caller gets when the condition refuses.
   * @example stock.add({ product }, { left: -1 }, { floor: 0 }).or(problem('sold-out'))
   */
  or<const E>(otherwise: E): Operation<T | E>
}

export type Operations = Readonly<Record<string, Operation<unknown, boolean>>>

/** Names whose operation, or one of whose operations, can be refused. */
type RefusableIn<O extends Operations> = {
  [K in keyof O]: [Extract<O[K], Operation<unknown, true>>] extends [never] ? never : K & string
}[keyof O]

/** Whether the commit was kept; if not, the name of the first operation whose condition refused. No values. */
export type Kept<O extends Operations> =
  | { readonly ok: true }
  | ([RefusableIn<O>] extends [never] ? never : { readonly ok: false; readonly failed: RefusableIn<O> })

/** The problems of `answer`: nothing to be said where nothing can be refused. */
type ProblemsFor<O extends Operations, P> = [RefusableIn<O>] extends [never]
  ? [refused?: Readonly<Record<string, never>>]
  : [refused: P]

export interface Atomic<O extends Operations> extends Operation<Kept<O>> {
  /**
   * The answer of the call, stored in the same commit, with the problem that stands for each refusal.
   * This is how `once` keeps its word when the process dies between commit and answer.
   */
  answer<A, P extends Readonly<Record<RefusableIn<O>, Problem>>>(
    answer: A,
    ...refused: ProblemsFor<O, P>
  ): Operation<A | P[keyof P]>
}

/**
 * Runs operations all or nothing, messages included: a message leaves if, and only if, the writes are kept.
 * Limits: 100 operations, 4 MB, one operation per item. Problem codes: `too-many-operations`, `commit-too-large`,
 * `item-twice-in-commit`, `operations-of-two-calls`, `conflict`.
 * @example
 * const kept = await atomically({ stock: products.add(key, { stock: -1 }, { floor: 0 }), order: orders.insert(order) })
 * if (!kept.ok) return problem('sold-out')
 */
export function atomically<O extends Operations>(operations: O): Atomic<O> {
  const [first] = Object.values(operations)
  if (!first) throw new TypeError('atomically({}) has nothing to do: name at least one operation')
  return first[work].commit(operations)
}
