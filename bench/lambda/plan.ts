/** The service that is started: one endpoint with a body of five fields and three items, as `bench/http` has it. */
import { anyone, endpoint, gateway, plan, service } from 'groundplan'
import { NewOrder, Order } from '../http/shop.ts'
import { placed } from './work.ts'

const order = endpoint('POST /orders/:id', {
  summary: 'Place an order',
  caller: anyone,
  body: NewOrder,
  returns: Order,
  handle: ({ params, body }) => placed(params.id, body),
})

export default plan('shop', { gateways: { api: gateway(service('server', { order })) } })
