/**
 * The backend for the customer portal: the catalogue from its views, orders through the backend.
 */
import { service } from 'groundplan'
import { browse, categories, product } from './browse.ts'
import { cancel, live, myOrder, myOrderHistory, myOrders, order } from './orders.ts'
import { picture } from './pictures.ts'

export const customerBff = service('customer-bff', {
  ...{ browse, categories, product, picture },
  ...{ order, myOrders, myOrder, myOrderHistory, live, cancel },
})
