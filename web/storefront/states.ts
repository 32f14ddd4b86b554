/** The states of an order and what may be done in each, in the words of pages. A test compares them with the plan's. */
import type { OrderState } from './shapes.ts'

export type Action = 'pay' | 'reject' | 'cancel' | 'fulfil' | 'refund'

export const states: readonly OrderState[] = ['placed', 'paid', 'fulfilled', 'cancelled', 'rejected', 'refunded']

export const stateNames: Readonly<Record<OrderState, string>> = {
  placed: 'Placed',
  paid: 'Paid',
  fulfilled: 'Fulfilled',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
  refunded: 'Refunded',
}

/** What a state means to a customer. */
export const stateMeanings: Readonly<Record<OrderState, string>> = {
  placed: 'We have your order and wait for your payment.',
  paid: 'Your payment arrived. We are packing.',
  fulfilled: 'On its way to you.',
  cancelled: 'This order was cancelled. Nothing is owed.',
  rejected: 'We could not take this order. Nothing is owed.',
  refunded: 'Your money is on its way back.',
}

export const actionsIn: Readonly<Record<OrderState, readonly Action[]>> = {
  placed: ['pay', 'reject', 'cancel'],
  paid: ['fulfil', 'refund'],
  fulfilled: ['refund'],
  cancelled: [],
  rejected: [],
  refunded: [],
}

/** What can be done to many orders at once: nothing that differs from one to the other. */
export type BulkAction = Exclude<Action, 'pay'>

export function bulkActionsIn(state: OrderState): readonly BulkAction[] {
  return actionsIn[state].filter(action => action !== 'pay')
}

export const actionNames: Readonly<Record<Action, string>> = {
  pay: 'Book payment',
  reject: 'Reject',
  cancel: 'Cancel',
  fulfil: 'Fulfil',
  refund: 'Refund',
}

export function isFinal(state: OrderState): boolean {
  return actionsIn[state].length === 0
}

/** The part of an order's id that people read to each other. */
export function shortId(orderId: string): string {
  return orderId.length > 8 ? orderId.slice(-8).toUpperCase() : orderId
}
