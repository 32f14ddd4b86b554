/** What operations do to orders, and what has to be said with it. */
import { minorUnitsOf } from '../storefront/amounts.ts'
import type { Money } from '../storefront/shapes.ts'
import type { Action, BulkAction } from '../storefront/states.ts'

/** As it is filled in. */
export interface Draft {
  readonly reason: string
  readonly returned: boolean
  readonly tracking: string
  readonly amount: string
  readonly reference: string
}

export const emptyDraft: Draft = { reason: '', returned: false, tracking: '', amount: '', reference: '' }

export type BulkBody =
  | { readonly action: 'reject' | 'cancel'; readonly reason: string }
  | { readonly action: 'fulfil' }
  | { readonly action: 'refund'; readonly reason: string; readonly returned: boolean }

export type ActionBody =
  | BulkBody
  | { readonly action: 'pay'; readonly paid: Money; readonly reference: string }
  | { readonly action: 'fulfil'; readonly tracking: string }

/** What is done to many; undefined while something is missing. */
export function bulkBodyOf(action: BulkAction, { reason, returned }: Draft): BulkBody | undefined {
  if (action === 'fulfil') return { action }
  const said = reason.trim()
  if (said === '') return undefined
  return action === 'refund' ? { action, reason: said, returned } : { action, reason: said }
}

/** What is done to one order that comes to `total`; undefined while something is missing. */
export function bodyOf(action: Action, draft: Draft, { currency }: Money): ActionBody | undefined {
  if (action === 'fulfil' && draft.tracking.trim() !== '') return { action, tracking: draft.tracking.trim() }
  if (action !== 'pay') return bulkBodyOf(action, draft)
  const amount = minorUnitsOf(draft.amount, currency)
  const reference = draft.reference.trim()
  return amount === undefined || reference === '' ? undefined : { action, paid: { amount, currency }, reference }
}
