/**
 * `seed`: sample data of a system, for a first look and for tests. Run again, it doubles nothing.
 */
import { type Call, erased, type Handle } from './call.ts'
import type { Clients, Uses } from './grant.ts'

/** A seed as the framework keeps it: `seed.ts` beside a plan exports one by default. */
export interface Seed {
  readonly kind: 'seed'
  readonly uses: Uses
  readonly handle: Handle
}

/**
 * Declares the sample data of a system. It writes under keys of its own choosing, so that running it twice is once.
 * What it returns is shown to who ran it (an address to try, a development key).
 * @example export default seed({ uses: { products: products.writer }, handle: (_call, { products }) => … })
 */
export function seed<U extends Uses>(options: {
  readonly uses: U
  handle(call: Call, uses: Clients<U>): Promise<readonly string[]>
}): Seed {
  return { kind: 'seed', uses: options.uses, handle: erased(options.handle) }
}
