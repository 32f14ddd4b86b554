/**
 * Who calls: customers on one side, operators on the other, each with a key of the shop. Everything that knows how a
 * caller is known stands here.
 */
import { apiKeys } from 'groundplan'

export const shopKeys = apiKeys('shop', {
  scopes: ['customer', 'operator'],
  rates: { person: { perSecond: 50, burst: 100 } },
})

export const customer = shopKeys.with('customer')
export const operator = shopKeys.with('operator')

interface Person {
  readonly account: string
}

/** Whose orders are whose. */
export function idOf({ account }: Person): string {
  return account
}

/** For people to read. */
export function nameOf({ account }: Person): string {
  return account
}
