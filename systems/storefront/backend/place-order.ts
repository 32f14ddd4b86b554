/**
 * Placing an order: the stock of each product, the order and what the logs say of both are kept together or not at all.
 */
import { atomically, endpoint, problem } from 'groundplan'
import { customer, idOf } from '../callers.ts'
import { Money, sum, times } from '../model/money.ts'
import { NewOrder, Order, type OrderEvent, type OrderLine, orderAfter } from '../model/orders.ts'
import type { Product } from '../model/products.ts'
import { orderEvents, orderLog, orders, products, stockLog } from '../resources.ts'
import { numbered } from './operations.ts'

/** What placing an order can fail with, here and at the gateway. */
export const orderFails = {
  'sold-out': 409,
  'unknown-product': 422,
  'product-twice': 422,
  'several-currencies': 422,
  'total-too-large': 422,
} as const

export const placeOrder = endpoint('POST /orders', {
  summary: 'Place an order',
  caller: customer,
  body: NewOrder,
  returns: { 201: Order },
  fails: orderFails,
  once: 'Idempotency-Key',
  uses: {
    orders: orders.writer,
    log: orderLog.writer,
    products: products.writer,
    stock: stockLog.writer,
    events: orderEvents.publisher,
  },
  async handle({ body, caller, at, newId }, { orders, log, products, stock, events }) {
    const found = await products.getMany(body.lines.map(({ productId }) => ({ productId })))
    const lines = linesOf(body, found)
    if ('code' in lines) return lines
    const orderId = newId()
    const common = { orderId, seq: 1, at: at.toISOString(), by: idOf(caller) }
    const event: OrderEvent = { ...common, type: 'placed', ...contentOf(lines), ...whose(caller, body) }
    const { revision, ...order } = orderAfter(undefined, event)
    const taken = lines.map(({ productId, quantity }) =>
      products.add({ productId }, { stock: -quantity }, { floor: 0 }),
    )
    const moved = lines.map(({ productId, quantity: units }) =>
      stock.insert({
        orderId,
        at: common.at,
        by: common.by,
        productId,
        movementId: newId(),
        units: -units,
        reason: 'ordered',
      }),
    )
    const soldOut = lines.map(({ productName, quantity }) =>
      problem('sold-out', `There are not ${quantity} of "${productName}" left`),
    )
    return atomically({
      ...numbered('take', taken),
      ...numbered('move', moved),
      ...numbered('order', [orders.insert(order)]),
      ...numbered('log', [log.insert(event)]),
      ...numbered('event', [events.publish(event)]),
    }).answer({ ...order, revision }, numbered('take', soldOut))
  },
})

function whose(caller: Parameters<typeof idOf>[0], { name }: NewOrder): Pick<Order, 'customerId' | 'customerName'> {
  return { customerId: idOf(caller), customerName: name ?? idOf(caller) }
}

function contentOf(lines: Lines): Pick<Order, 'lines' | 'total'> {
  const [first, ...others] = lines
  return { lines: [...lines], total: sum([first.total, ...others.map(({ total }) => total)]) }
}

type Lines = readonly [OrderLine, ...OrderLine[]]

/** The lines at today's names and prices, or why there is no order of them. */
function linesOf({ lines: asked }: NewOrder, found: readonly (Product | undefined)[]) {
  const unknown = asked.find((_line, n) => !found[n] || found[n].retired)
  if (unknown) return problem('unknown-product', `The shop has no product "${unknown.productId}"`)
  if (new Set(asked.map(({ productId }) => productId)).size < asked.length) return problem('product-twice')
  const [first, ...others] = asked.flatMap(({ quantity }, n) => (found[n] ? [lineOf(found[n], quantity)] : []))
  if (!first) return problem('unknown-product')
  if (others.some(({ price }) => price.currency !== first.price.currency)) return problem('several-currencies')
  const lines: Lines = [first, ...others]
  if (!Money.safeParse(contentOf(lines).total).success) return problem('total-too-large')
  return lines
}

function lineOf({ productId, name, price }: Product, quantity: number): OrderLine {
  return { productId, productName: name, quantity, price, total: times(price, quantity) }
}
