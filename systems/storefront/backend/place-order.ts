/**
 * Placing an order: the stock, the order and its event are kept together or not at all.
 */
import { atomically, endpoint, problem } from 'groundplan'
import { customer } from '../callers.ts'
import { NewOrder, Order, type Product } from '../model.ts'
import { orderEvents, orders, products } from '../resources.ts'

export const placeOrder = endpoint('POST /orders', {
  summary: 'Place an order',
  caller: customer,
  body: NewOrder,
  returns: { 201: Order },
  fails: { 'sold-out': 409, 'unknown-product': 422 },
  once: 'Idempotency-Key',
  uses: { orders: orders.writer, products: products.writer, events: orderEvents.publisher },
  async handle({ body, caller, at, newId }, { orders, products, events }) {
    const product = await products.get({ productId: body.productId })
    if (!product || product.retired) return problem('unknown-product', 'The shop has no such product')
    const order = newOrder(newId(), caller.account, product, body.quantity, at)
    const soldOut = problem('sold-out', `There are not ${body.quantity} of "${product.name}" left`)
    return atomically({
      stock: products.add({ productId: product.productId }, { stock: -body.quantity }, { floor: 0 }),
      order: orders.insert(order),
      event: events.publish({ type: 'placed', order }),
    }).answer(order, { stock: soldOut, order: soldOut })
  },
})

function newOrder(orderId: string, customerId: string, product: Product, quantity: number, at: Date): Order {
  return {
    orderId,
    customerId,
    productId: product.productId,
    productName: product.name,
    quantity,
    total: { amount: product.price.amount * quantity, currency: product.price.currency },
    state: 'placed',
    placedAt: at.toISOString(),
  }
}
