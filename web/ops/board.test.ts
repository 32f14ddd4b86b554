/** The board's state, as filters, answers and the live stream change it. */
import { describe, expect, it } from 'vitest'
import type { Activity, Order } from '../storefront/shapes.ts'
import {
  type Board,
  boardReducer,
  changed,
  chose,
  filtered,
  firstFilter,
  heard,
  isHere,
  queryOf,
  read,
  readOn,
} from './board.ts'

const total = { amount: 4_900, currency: 'EUR' }

function order(orderId: string, state: Order['state'] = 'placed', customerId = 'anna'): Order {
  const at = '2026-03-01T10:00:00.000Z'
  const line = { productId: 'strap', productName: 'Strap', quantity: 1, price: total, total }
  return {
    orderId,
    customerId,
    customerName: 'Anna',
    lines: [line],
    total,
    state,
    placedAt: at,
    changedAt: at,
    revision: 1,
  }
}

const step = (orderId: string, state: Activity['state'], more: Partial<Activity> = {}): Activity => ({
  ...{ orderId, state, seq: 1, at: '2026-03-01T10:00:01.000Z', by: 'anna' },
  ...(state === 'placed' ? { customerName: 'Anna', total } : {}),
  ...more,
})

type Action = Parameters<typeof boardReducer>[1]
const after = (...actions: readonly Action[]): Board =>
  actions.reduce(boardReducer, boardReducer(undefined, { type: 'start' }))
const shown = ({ rows }: Board) => rows.map(({ orderId, state }) => `${orderId} ${state}`)
const first = read({ orders: [order('a'), order('b')] })

describe('S16: the board', () => {
  it('S4: shows a new order at once, at the end', () => {
    const board = after(first, heard(step('c', 'placed')))
    expect(shown(board)).toEqual(['a placed', 'b placed', 'c placed'])
    expect(board.stale).toBe(false)
    expect(shown(boardReducer(board, heard(step('c', 'placed'))))).toHaveLength(3)
  })

  it('keeps an order that moves on where it stood, and lets go of it if it was chosen', () => {
    const board = after(first, chose({ ids: ['a', 'b'], on: true }), heard(step('a', 'paid')))
    expect(shown(board)).toEqual(['a paid', 'b placed'])
    expect(board.chosen).toEqual(['b'])
    expect(board.rows.map(row => isHere(row, board.filter))).toEqual([false, true])
  })

  it('wants to be read again when an order it does not know enters its state', () => {
    const paid = after(filtered({ state: 'paid' }), read({ orders: [] }), heard(step('x', 'paid')))
    expect([paid.stale, paid.rows]).toEqual([true, []])
    expect(boardReducer(paid, read({ orders: [order('x', 'paid')] })).stale).toBe(false)
  })

  it.each([
    ['another state', filtered({ state: 'fulfilled' })],
    ['another customer', filtered({ customer: 'ben' })],
    ['days before', filtered({ to: '2026-02-28' })],
    ['days after', filtered({ from: '2026-03-02' })],
  ])('takes no notice of a new order when it shows %s', (_what, filter) => {
    const board = after(filter, read({ orders: [] }), heard(step('c', 'placed')))
    expect([board.rows, board.stale]).toEqual([[], false])
  })

  it('puts no new order on a page that is not the last', () => {
    const board = after(read({ orders: [order('a')], after: 'a' }), heard(step('c', 'placed')))
    expect(shown(board)).toEqual(['a placed'])
  })

  it('shows no order twice when pages overlap', () => {
    const board = after(read({ orders: [order('a')], after: 'a' }), readOn({ orders: [order('a'), order('b')] }))
    expect([shown(board), board.after]).toEqual([['a placed', 'b placed'], undefined])
  })

  it('lets go of what was chosen and done', () => {
    const board = after(first, chose({ ids: ['a', 'b'], on: true }), changed([order('a', 'cancelled')]))
    expect([shown(board), board.chosen]).toEqual([['a cancelled', 'b placed'], ['b']])
  })

  it('forgets what was found and chosen when something else is looked for', () => {
    const board = after(first, chose({ ids: ['a'], on: true }), filtered({ state: 'paid' }))
    expect(board).toMatchObject({ rows: [], chosen: [], read: false, filter: { ...firstFilter, state: 'paid' } })
  })

  it('asks the API for whole days, and for all of a customer whatever the state', () => {
    expect(queryOf({ state: 'paid', customer: '', from: '2026-03-01', to: '2026-03-02' })).toEqual({
      ...{ state: 'paid', from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T23:59:59.999Z', limit: 50 },
    })
    expect(queryOf({ state: 'paid', customer: 'anna', from: '', to: '' }, 'x')).toEqual({
      customer: 'anna',
      after: 'x',
      limit: 50,
    })
  })
})
