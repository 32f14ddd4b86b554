/**
 * The basket, as state of Redux Toolkit: what is in it, and the order that is under way. Both are kept in the browser, so
 * that a reload loses neither; an order that was begun is sent again under its own key, and is one order.
 */
import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { CatalogueEntry, Money } from '../storefront/shapes.ts'

/** As the customer saw it when it was put in. */
export interface BasketLine {
  readonly productId: string
  readonly name: string
  readonly price: Money
  readonly picture?: string | undefined
  readonly quantity: number
}

/** An order that was sent and whose answer is awaited. */
export interface Sending {
  readonly key: string
  /** Who placed it: nobody else's browser session sends it again. */
  readonly userId: string
  readonly name: string
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[]
  readonly atMs: number
}

export interface Basket {
  /** False until what the browser kept was read. */
  readonly loaded: boolean
  readonly lines: readonly BasketLine[]
  readonly sending?: Sending | undefined
}

export type KeptBasket = Pick<Basket, 'lines' | 'sending'>

/** What the API takes in one order. */
export const mostLines = 20
export const mostOfOne = 100

const empty: Basket = { loaded: false, lines: [] }

const basket = createSlice({
  name: 'basket',
  initialState: empty,
  reducers: {
    loaded: (_basket, { payload }: PayloadAction<KeptBasket>) => ({ loaded: true, ...payload }),
    put(state, { payload: { quantity, ...entry } }: PayloadAction<BasketLine>) {
      const at = state.lines.findIndex(({ productId }) => productId === entry.productId)
      const before = state.lines[at]?.quantity ?? 0
      const line = { ...entry, quantity: Math.min(before + quantity, mostOfOne) }
      if (at >= 0) state.lines = state.lines.with(at, line)
      else if (state.lines.length < mostLines) state.lines = [...state.lines, line]
    },
    counted(state, { payload }: PayloadAction<{ readonly productId: string; readonly quantity: number }>) {
      const quantity = Math.max(1, Math.min(Math.trunc(payload.quantity) || 1, mostOfOne))
      state.lines = state.lines.map(line => (line.productId === payload.productId ? { ...line, quantity } : line))
    },
    taken(state, { payload: productId }: PayloadAction<string>) {
      state.lines = state.lines.filter(line => line.productId !== productId)
    },
    /** The shop says what a product is called and costs now. */
    refreshed(state, { payload: { productId, name, price, picture } }: PayloadAction<CatalogueEntry>) {
      state.lines = state.lines.map(line => (line.productId === productId ? { ...line, name, price, picture } : line))
    },
    sent(state, { payload }: PayloadAction<Sending>) {
      state.sending = { ...payload, lines: [...payload.lines] }
    },
    refused(state) {
      delete state.sending
    },
    placed: () => ({ loaded: true, lines: [] }),
  },
})

export const { loaded, put, counted, taken, refreshed, sent, refused, placed } = basket.actions
export const basketReducer = basket.reducer

export function unitsIn({ lines }: Basket): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** What the lines come to; undefined where there is none, or in several currencies. */
export function totalOf({ lines }: Basket): Money | undefined {
  const [first] = lines
  if (!first || lines.some(({ price }) => price.currency !== first.price.currency)) return undefined
  return {
    amount: lines.reduce((sum, { price, quantity }) => sum + price.amount * quantity, 0),
    currency: first.price.currency,
  }
}
