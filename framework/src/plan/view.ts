/**
 * `view`: a table kept up to date from another table's changes.
 */
import type { z } from 'zod'
import type { Handler } from './call.ts'
import { type Grant, grant, type Resource } from './grant.ts'
import { calledFrom } from './place.ts'
import { type Empty, type In, type Out, reading, type Schema, type Versioned, type WhenSettled } from './schema.ts'
import { type Source, source } from './source.ts'
import type { Change, Indexes, IndexOf, KeyOf, Keys, Readable, Reader, Scanner, TableSpec, Watcher } from './table.ts'
import { milliseconds } from './words.ts'

/** How a view follows its source. */
export interface Gauge {
  /** How long the oldest change that is not in the view has waited; 0 where all are. And how many wait. */
  lag(): Promise<{ readonly lagMs: number; readonly waiting: number; readonly dead: number }>
}

/** A view is read like a table, written by its projection alone, and listed in the service that keeps it. */
export interface View<Item, K extends Keys, I extends Indexes> extends Readable<Item, K, I>, Omit<Handler, 'place'> {
  readonly kind: 'view'
  readonly from: Resource & { readonly spec: TableSpec }
  readonly gauge: Grant<Gauge>
  project(item: unknown): unknown
}

type Projection<Item, S> = WhenSettled<S, (item: Item) => In<S> | readonly In<S>[] | undefined>

/**
 * Declares a view.
 * - `from`: the table it follows.
 * - `project`: the view's item for one item of the source; a list for several; nothing where the item is not shown.
 *   It must depend on the item alone.
 * The projection reads the source consistently, so that late or repeated changes do no harm; `rebuild` runs the same
 * path over the whole source.
 * @example
 * const catalogue = view('catalogue', {
 *   from: products, item: Entry, key: ['category', 'productId'],
 *   project: product => (product.retired ? undefined : entryOf(product)),
 * })
 */
export function view<
  Item,
  S extends Schema,
  const K extends KeyOf<Out<S>>,
  const I extends Readonly<Record<string, IndexOf<Out<S>>>> = Empty,
  Older extends Schema = z.ZodNever,
>(
  name: string,
  options: {
    readonly from: Resource & { readonly changes: Source<Change<Item>>; readonly spec: TableSpec }
    readonly item: Versioned<S, Older>
    readonly key: K
    readonly indexes?: I
    readonly project: Projection<Item, S>
  },
): View<Out<S>, K, I> {
  const place = calledFrom(view)
  const { from, item, key, indexes = {}, project } = options
  const spec: TableSpec = { item: reading(item), key, indexes }
  const self: View<Out<S>, K, I> = {
    kind: 'view',
    name,
    place,
    spec,
    from,
    uses: {},
    timeoutMs: milliseconds('30 seconds'),
    // Called only with items that the source's own schema has parsed.
    project: project as (item: unknown) => unknown,
    get reader(): Grant<Reader<Out<S>, K, I>> {
      return grant(self, 'reader')
    },
    get scanner(): Grant<Scanner<Out<S>>> {
      return grant(self, 'scanner')
    },
    get watcher(): Grant<Watcher<Out<S>, K, I>> {
      return grant(self, 'watcher')
    },
    get gauge(): Grant<Gauge> {
      return grant(self, 'gauge')
    },
    get changes(): Source<Change<Out<S>>, 'changes'> {
      return source('changes', self)
    },
  }
  return self
}
