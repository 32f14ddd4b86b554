/**
 * What a page shows of the stock while sales are under way: the number that the server last told, less what was sold here
 * and is not in it yet.
 *
 * Two things tell the number: the live stream, in order, and the answer to each sale, which may come before or after
 * the stream has told of it, and in any order among sales that were sent together. So while an answer is awaited, own
 * sales are counted and nothing else: what is told meanwhile is kept. When the last answer is there, the least of them
 * bounds the number from above until the stream has caught up. Nothing is taken off twice, not even for a moment.
 */

export interface Stock {
  /** As the stream last told. */
  readonly told: number
  /** Told while an answer is awaited. */
  readonly held?: Told | undefined
  /** The least that answers said, until the stream has told of their sales. */
  readonly sold?: number | undefined
  /** The same of answers that came while others are awaited. */
  readonly least?: number | undefined
  /** Own sales whose answer is awaited. */
  readonly sending: number
  /** Own sales that were answered while others are awaited. */
  readonly answered: number
  /** Own sales that wait for the connection. */
  readonly waiting: number
}

/** `first` on a new connection: it is the newest there is. */
interface Told {
  readonly left: number
  readonly first: boolean
}

export type StockEvent =
  | ({ readonly kind: 'told' } & Told)
  | { readonly kind: 'sending' }
  | { readonly kind: 'sold'; readonly left: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'delayed' }
  | { readonly kind: 'resumed' }
  /** Nothing was heard for so long that the stream has told all there is. */
  | { readonly kind: 'quiet' }

export function stockOf(left: number): Stock {
  return { told: left, sending: 0, answered: 0, waiting: 0 }
}

/** What is shown: never less than nothing. */
export function shownOf({ told, sold = told, sending, answered, waiting }: Stock): number {
  return Math.max(Math.min(told, sold) - sending - answered - waiting, 0)
}

export function nextStock(stock: Stock, event: StockEvent): Stock {
  const { held, least, sending, answered, waiting } = stock
  switch (event.kind) {
    case 'told':
      return settled({ ...stock, held: { left: event.left, first: event.first || (held?.first ?? false) } })
    case 'sending':
      return { ...stock, sending: sending + 1 }
    case 'sold':
      return settled({
        ...stock,
        sending: sending - 1,
        answered: answered + 1,
        least: Math.min(least ?? event.left, event.left),
      })
    case 'refused':
      return settled({ ...stock, sending: sending - 1 })
    case 'delayed':
      return settled({ ...stock, sending: sending - 1, waiting: waiting + 1 })
    case 'resumed':
      return { ...stock, sending: sending + 1, waiting: waiting - 1 }
    case 'quiet':
      return sending > 0 ? stock : { ...stock, sold: undefined }
  }
}

/** When no answer is awaited any more, what was heard meanwhile counts. */
function settled({ held, least, answered, ...stock }: Stock): Stock {
  if (stock.sending > 0) return { ...stock, held, least, answered }
  const { told, sold } = stock
  const bound = least === undefined ? sold : Math.min(sold ?? least, least)
  if (!held) return { ...stock, sold: bound, answered: 0 }
  // Less than an answer said, or more than before (it was reset): the stream has told of all own sales.
  const isNewer = bound === undefined || held.first || held.left <= bound || held.left >= told
  return { ...stock, told: held.left, sold: isNewer ? undefined : bound, answered: 0 }
}
