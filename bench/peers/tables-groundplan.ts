/** Groundplan's tables for `contenders/tables-drive.mjs`: as a handler has them, durable when awaited. */
import { join } from 'node:path'
import { z } from 'zod'
import { shapeOf } from '../../framework/src/contract/plan-shape.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { embeddedDrivers } from '../../framework/src/embedded/drivers.ts'
import { anyone } from '../../framework/src/plan/authorizer.ts'
import { endpoint } from '../../framework/src/plan/endpoint.ts'
import { gateway } from '../../framework/src/plan/gateway.ts'
import type { Clients } from '../../framework/src/plan/grant.ts'
import { plan } from '../../framework/src/plan/plan.ts'
import { service } from '../../framework/src/plan/service.ts'
import { table } from '../../framework/src/plan/table.ts'
import { runtimeTables, startRuntime } from '../../framework/src/runtime/runtime.ts'

const Item = z.object({ owner: z.string(), id: z.int(), title: z.string(), price: z.number(), sold: z.boolean() })

export async function open({ folder }: { readonly folder: string }) {
  const items = table('items', { item: Item, key: ['owner', 'id'] })
  const uses = { items: items.writer }
  const show = endpoint('GET /items/:owner', {
    summary: 'Items of somebody',
    caller: anyone,
    returns: z.object({ items: z.array(Item) }),
    uses,
    handle: async ({ params }, { items }) => ({ items: (await items.query({ owner: params.owner })).items }),
  })
  const system = plan('bench', { gateways: { api: gateway(service('main', { show })) } })
  const drivers = await embeddedDrivers(shapeOf(system, runtimeTables), {
    folder: join(folder, 'data'),
    clock: systemClock(),
    baseUrl: 'http://127.0.0.1',
  })
  const runtime = await startRuntime(system, drivers, { logs: () => {} })
  const clients = runtime.clients('bench', uses) as Clients<typeof uses>
  return {
    put: (item: z.input<typeof Item>) => clients.items.put(item),
    get: (owner: string, id: number) => clients.items.get({ owner, id }),
    query: async (owner: string) => (await clients.items.query({ owner })).items.length,
    async close() {
      await runtime.stop(1_000)
      await drivers.close()
    },
  }
}
