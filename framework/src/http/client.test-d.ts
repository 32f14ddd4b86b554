/** What the client's types promise, and what they must not let through. */
import { client, type RouteManifest } from './client.ts'
import { shop } from './test/shop.ts'

const { gateways } = shop()
const web = client(gateways.api, 'http://127.0.0.1')
declare const routes: RouteManifest
const byRoutes = client<typeof gateways.api>(routes, '/api/shop')

export async function uses(): Promise<void> {
  const hello: { hello: string; tags: string[] } = (await web.hello()).value
  const placed = await byRoutes.place(
    { params: { orderId: hello.hello }, body: { customer: 'a', items: [] } },
    { timeout: '1 second' },
  )
  if (placed.ok) placed.value.total.toFixed()
  else if (placed.problem.code === 'sold-out') placed.problem.detail?.trim()
  for await (const { count } of (await web.live()).value) count.toFixed()

  // @ts-expect-error an order needs a body
  await web.place({ params: { orderId: '1' } })
  // @ts-expect-error an order needs its parameter
  await web.place({ body: { customer: 'a', items: [] } })
  // @ts-expect-error a quantity is a number
  await web.place({ params: { orderId: '1' }, body: { customer: 'a', items: [{ sku: 'a', quantity: '1' }] } })
  // @ts-expect-error there is no such endpoint
  await web.nothing()
  // @ts-expect-error this problem is not among those it names
  if (!placed.ok && placed.problem.code === 'sold') return
  // @ts-expect-error a duration has a unit
  await web.hello({}, { timeout: 5 })
}
