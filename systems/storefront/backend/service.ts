/**
 * The backend, the account management service: the source of truth for orders and products.
 */
import { service } from 'groundplan'
import { myOrder, myOrders, ordersInState } from './orders.ts'
import { placeOrder } from './place-order.ts'
import { applyUpdate, catalogue, stockUp } from './products.ts'
import { readInbox, tellOperations } from './tell-operations.ts'

export const backend = service('backend', {
  placeOrder,
  myOrders,
  myOrder,
  ordersInState,
  tellOperations,
  readInbox,
  applyUpdate,
  stockUp,
  catalogue,
})
