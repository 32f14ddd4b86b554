/**
 * Groundplan as `groundplan start` runs a system: the door and the real runtime, traces kept on disk at the usual
 * sampling.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '../../framework/src/http/node.ts'
import { anyone } from '../../framework/src/plan/authorizer.ts'
import { endpoint } from '../../framework/src/plan/endpoint.ts'
import { gateway } from '../../framework/src/plan/gateway.ts'
import { plan } from '../../framework/src/plan/plan.ts'
import { service } from '../../framework/src/plan/service.ts'
import { inMemory } from '../../framework/src/targets/in-memory.ts'
import { keepTelemetry } from '../../framework/src/targets/telemetry.ts'
import { Hello, hello, NewOrder, Order, placed, ready } from './shop.ts'

const handlers = {
  hello: endpoint('GET /hello', { summary: 'Says hello', caller: anyone, returns: Hello, handle: hello }),
  place: endpoint('POST /orders/:id', {
    summary: 'Places an order',
    caller: anyone,
    body: NewOrder,
    returns: Order,
    handle: ({ params, body }) => placed(params.id, body),
  }),
}
const shop = plan('shop', {
  gateways: { api: gateway(service('web', handlers), { throttle: { rate: 1_000_000, burst: 1_000_000 } }) },
})

/** `shortWay`: whether plain requests go past Node's HTTP, as they usually do. */
export async function serveShop({ shortWay = true } = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-bench-'))
  const memory = inMemory({ logs: console.error, baseUrl: 'http://127.0.0.1' })
  const kept = keepTelemetry(folder, memory.clock, { report: console.error })
  const { door } = await memory.start(shop, { settings: {}, secrets: {} }, kept.telemetry('shop'))
  const served = await serve([door], { clock: memory.clock, report: console.error, mount: '/', shortWay })
  process.once('SIGTERM', async () => {
    await served.close(0)
    await Promise.all([memory.stop(0), kept.close(1_000)])
    await rm(folder, { recursive: true, force: true })
    process.exit()
  })
  ready(served.port)
}
