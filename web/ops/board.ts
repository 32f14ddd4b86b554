/**
 * The board, as state of Redux Toolkit: what is looked for, the orders that were found, which of them are chosen. What the
 * stream tells changes it in place: an order that moves on stays where it stood, marked, until the board is read again.
 */
import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { Activity, Money, Order, OrderState } from '../storefront/shapes.ts'

export interface Filter {
  readonly state: OrderState
  /** All orders of one customer, whatever their state. */
  readonly customer: string
  /** Days, such as `2026-03-01`; empty where it is open. */
  readonly from: string
  readonly to: string
}

export interface BoardRow {
  readonly orderId: string
  readonly customerId: string
  readonly customerName: string
  readonly total: Money
  readonly state: OrderState
  readonly placedAt: string
}

export interface Board {
  readonly filter: Filter
  readonly rows: readonly BoardRow[]
  /** Where the next page begins, if there is one. */
  readonly after?: string | undefined
  /** Whether rows are those of the filter. */
  readonly read: boolean
  /** Something is missing in it: it wants to be read again. */
  readonly stale: boolean
  readonly chosen: readonly string[]
}

export const firstFilter: Filter = { state: 'placed', customer: '', from: '', to: '' }

const initialState: Board = { filter: firstFilter, rows: [], read: false, stale: false, chosen: [] }

export interface BoardPage {
  readonly orders: readonly Order[]
  readonly after?: string | undefined
}

const board = createSlice({
  name: 'board',
  initialState,
  reducers: {
    filtered: (state, { payload }: PayloadAction<Partial<Filter>>): Board => ({
      ...initialState,
      filter: { ...state.filter, ...payload },
    }),
    /** The first page, as it is now. */
    read(state, { payload }: PayloadAction<BoardPage>) {
      const rows = payload.orders.map(rowOf)
      const ids = new Set(rows.map(({ orderId }) => orderId))
      Object.assign(state, { rows, after: payload.after, read: true, stale: false })
      state.chosen = state.chosen.filter(id => ids.has(id))
    },
    readOn(state, { payload }: PayloadAction<BoardPage>) {
      const known = new Set(state.rows.map(({ orderId }) => orderId))
      state.rows = [...state.rows, ...payload.orders.map(rowOf).filter(({ orderId }) => !known.has(orderId))]
      state.after = payload.after
    },
    heard: (state, { payload }: PayloadAction<Activity>): Board => afterActivity(state, payload),
    /** What an action answered. */
    changed(state, { payload }: PayloadAction<readonly Order[]>) {
      const now = new Map(payload.map(order => [order.orderId, rowOf(order)]))
      state.rows = state.rows.map(row => now.get(row.orderId) ?? row)
      state.chosen = state.chosen.filter(id => !now.has(id))
    },
    chose(state, { payload: { ids, on } }: PayloadAction<{ readonly ids: readonly string[]; readonly on: boolean }>) {
      const others = state.chosen.filter(id => !ids.includes(id))
      state.chosen = on ? [...others, ...ids] : others
    },
  },
})

export const { filtered, read, readOn, heard, changed, chose } = board.actions
export const boardReducer = board.reducer

function rowOf({ orderId, customerId, customerName, total, state, placedAt }: Order): BoardRow {
  return { orderId, customerId, customerName, total, state, placedAt }
}

/** Whether a row still is what was asked for. */
export function isHere({ state }: BoardRow, filter: Filter): boolean {
  return filter.customer !== '' || state === filter.state
}

function afterActivity(board: Board, { orderId, state, at, by, customerName, total }: Activity): Board {
  if (!board.read) return board
  const { rows, filter, after } = board
  if (rows.some(row => row.orderId === orderId)) {
    return {
      ...board,
      rows: rows.map(row => (row.orderId === orderId ? { ...row, state } : row)),
      chosen: board.chosen.filter(id => id !== orderId || state === filter.state),
    }
  }
  const isAsked = filter.customer === '' ? state === filter.state : by === filter.customer
  if (!isAsked || !isBetween(at, filter)) return board
  // A new order of a state stands at the end; where there are more pages, that is not on this one.
  if (state !== 'placed' || filter.customer !== '' || !total) return { ...board, stale: true }
  if (after !== undefined) return board
  const row = { orderId, customerId: by, customerName: customerName ?? by, total, state, placedAt: at }
  return { ...board, rows: [...rows, row] }
}

function isBetween(at: string, { from, to }: Filter): boolean {
  const day = at.slice(0, 10)
  return (from === '' || day >= from) && (to === '' || day <= to)
}

export const pageSize = 50

/** The same as the API asks it. Days are those of UTC. */
export function queryOf({ state, customer, from, to }: Filter, after?: string) {
  return {
    ...(customer === '' ? { state } : { customer }),
    ...(from === '' ? {} : { from: `${from}T00:00:00.000Z` }),
    ...(to === '' ? {} : { to: `${to}T23:59:59.999Z` }),
    ...(after === undefined ? {} : { after }),
    limit: pageSize,
  }
}
