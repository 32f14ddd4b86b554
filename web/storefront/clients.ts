/** Storefront's gateways, as the browser asks them: the typed clients, with a session that renews itself. */
import { type CustomerClient, customerClient, type OpsClient, opsClient } from '@systems/storefront/client'
import { clientsOf } from '../accounts/clients.ts'
import { valueIn } from '../asking/asking.ts'
import type { Opens } from '../live/follow.ts'
import { gatewayUrls } from './addresses.ts'
import type { Activity, OrderEvent } from './shapes.ts'

export const signedInFetch: typeof fetch = clientsOf('storefront').fetch
const options = { fetch: signedInFetch, timeout: '12 seconds' } as const

export const customer: CustomerClient = customerClient(gatewayUrls.customer, options)
export const ops: OpsClient = opsClient(gatewayUrls.ops, options)

/** 128 random bits, under which a request is one however often it is sent. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Each step of an order from now on, by a stream that is opened once. */
export async function liveOrders(by: Parameters<Opens<Activity>>[0]): Promise<AsyncIterable<Activity>> {
  return (await opsClient(gatewayUrls.ops, { ...by, tries: 1 }).live()).value
}

/** Each step of one of my orders from now on, by a stream that is opened once. */
export function liveOrder(orderId: string): Opens<OrderEvent> {
  return by => valueIn(customerClient(gatewayUrls.customer, { ...by, tries: 1 }).live({ params: { orderId } }))
}
