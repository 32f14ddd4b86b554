/** What the gateways answer with, by the names pages use. */
import type { CustomerClient, OpsClient } from '@systems/storefront/client'

type Value<F> = F extends (...given: never[]) => Promise<infer R> ? (R extends { value: infer V } ? V : never) : never

export type CatalogueEntry = Value<CustomerClient['product']>
export type CataloguePage = Value<CustomerClient['browse']>
export type Order = Value<CustomerClient['myOrder']>
export type OrderState = Order['state']
export type OrderLine = Order['lines'][number]
export type OrderEvent = Value<CustomerClient['myOrderHistory']>['events'][number]
export type Money = Order['total']

export type Activity = Value<OpsClient['recent']>['items'][number]
export type Product = Value<OpsClient['product']>
export type ProductEvent = Value<OpsClient['productHistory']>['events'][number]
export type ProductChanges = ProductEvent['changes']
export type Movement = Value<OpsClient['stockUp']>
export type ProductUpdate = Value<OpsClient['updates']>['items'][number]
export type FailedUpdate = Value<OpsClient['failedUpdates']>['items'][number]
export type CatalogueLag = Value<OpsClient['catalogueLag']>
export type Notice = Value<OpsClient['seen']>
export type Dashboard = Value<OpsClient['dashboard']>
export type Sales = Value<OpsClient['sales']>
