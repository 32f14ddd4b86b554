/** The smallest real service: one endpoint for anybody, its body and answer validated. */
import { anyone, endpoint, gateway, plan, service } from 'groundplan'
import { z } from 'zod'

const Line = z.object({ sku: z.string().min(1), quantity: z.int().min(1) })
const Order = z.object({ id: z.string(), customer: z.string().min(1).max(80), lines: z.array(Line).max(20) })

const order = endpoint('POST /orders/:id', {
  summary: 'Place an order',
  caller: anyone,
  body: Order.omit({ id: true }),
  returns: Order,
  fails: { 'sold-out': 409 },
  handle: ({ params, body }) => {
    if (body.customer === 'nobody') throw new Error('of the handler')
    return { id: params.id, ...body }
  },
})

export default plan('order', { gateways: { api: gateway(service('server', { order })) } })
