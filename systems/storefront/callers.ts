/**
 * Who calls: customers on one side, operators on the other, each with a key of the shop.
 */
import { apiKeys } from 'groundplan'

export const shopKeys = apiKeys('shop', {
  scopes: ['customer', 'operator'],
  rates: { person: { perSecond: 50, burst: 100 } },
})

export const customer = shopKeys.with('customer')
export const operator = shopKeys.with('operator')
