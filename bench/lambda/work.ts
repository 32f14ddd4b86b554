/** The work of the handler, the same for all; without a schema, which some do without. */
import type { NewOrder, Order } from '../http/shop.ts'

export function placed(id: string, order: NewOrder): Order {
  let total = 0
  for (const item of order.items) total += item.quantity * item.price
  const { customer, email, express, note, items } = order
  return { id, customer, email, express, note, items, total, state: 'placed' }
}

/** A request as a REST API hands it over, with the same order for all. */
export function orderEvent(n: number): object {
  const items = Array.from({ length: 3 }, (_, at) => ({ sku: `sku-${at}`, quantity: at + 1, price: 9.5 }))
  const body = { customer: `Customer ${n}`, email: 'jo@example.org', express: true, note: '', items }
  const path = `/api/shop/orders/${n}`
  const headers = { Host: 'api.example.org', 'Content-Type': 'application/json' }
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  const identity = { sourceIp: '192.0.2.1' }
  return {
    ...{ resource: '/api/shop/orders/{id}', path, httpMethod: 'POST', headers, multiValueHeaders },
    ...{ queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: { id: String(n) } },
    ...{ stageVariables: null, body: JSON.stringify(body), isBase64Encoded: false },
    requestContext: { httpMethod: 'POST', path, stage: 'live', requestId: 'r', identity, protocol: 'HTTP/1.1' },
  }
}
