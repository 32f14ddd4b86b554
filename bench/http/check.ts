/** Whether a server does the work that is measured: good orders are answered whole, bad ones refused. */
import assert from 'node:assert/strict'
import type { Server } from './server.ts'

export const good = {
  customer: 'Ann Example',
  email: 'ann@example.org',
  express: true,
  note: 'please ring twice',
  items: [
    { sku: 'camera', quantity: 1, price: 199.5 },
    { sku: 'strap', quantity: 2, price: 12.25 },
    { sku: 'battery', quantity: 3, price: 19 },
  ],
}

const { customer: _, ...withoutCustomer } = good
const bad: Readonly<Record<string, string>> = {
  'no JSON': '{',
  'a field missing': JSON.stringify(withoutCustomer),
  'a wrong type': JSON.stringify({ ...good, express: 'yes' }),
  'a wrong type inside': JSON.stringify({ ...good, items: [{ ...good.items[0], quantity: '1' }] }),
  'out of bounds': JSON.stringify({ ...good, items: [{ ...good.items[0], quantity: 101 }] }),
  'a field too many': JSON.stringify({ ...good, admin: true }),
}

export async function check({ name, url }: Server): Promise<void> {
  const hello = await fetch(`${url}/hello`)
  assert.deepEqual([hello.status, await hello.json()], [200, { hello: 'world' }], name)
  const placed = await post(url, JSON.stringify(good))
  assert.deepEqual(
    [placed.status, await placed.json()],
    [200, { ...good, id: '42', total: 281, state: 'placed' }],
    name,
  )
  for (const [what, body] of Object.entries(bad)) {
    const refused = await post(url, body)
    assert.ok(refused.status >= 400 && refused.status < 500, `${name} takes an order with ${what}: ${refused.status}`)
  }
}

function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/orders/42`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
