import fastJsonStringify from 'fast-json-stringify'
import { Ajv } from 'ajv'
import { systemClock } from '../../../framework/src/embedded/clock.ts'
import { serve } from '../../../framework/src/http/node.ts'
import { anyone } from '../../../framework/src/plan/authorizer.ts'
import { endpoint } from '../../../framework/src/plan/endpoint.ts'
import { gateway } from '../../../framework/src/plan/gateway.ts'
import { service } from '../../../framework/src/plan/service.ts'
import { refusalOf } from '../../../framework/src/runtime/answers.ts'
import { Hello, hello, jsonSchema, NewOrder, Order, placed, ready } from '../shop.ts'

const isOrder = new Ajv().compile<NewOrder>(jsonSchema(NewOrder))
const orderText = fastJsonStringify(jsonSchema(Order))
const helloText = fastJsonStringify(jsonSchema(Hello))
const handlers = {
  hello: endpoint('GET /hello', { summary: 'Says hello', caller: anyone, returns: Hello, handle: hello }),
  place: endpoint('POST /orders/:id', { summary: 'Places an order', caller: anyone, body: NewOrder, returns: Order, handle: ({ params, body }) => placed(params.id, body) }),
}
const none = {}
const door: any = {
  plan: 'shop', gateways: { api: gateway(service('web', handlers)) },
  routes: Object.entries(handlers).map(([name, endpoint]) => ({ gateway: 'api', name, endpoint })),
  refuse: refusalOf,
  async call(route: any, asked: any) {
    if (route.name === 'hello') return { kind: 'json', status: 200, json: helloText(hello()), headers: none }
    if (!isOrder(asked.body)) return refusalOf('request-invalid', 'x')
    return { kind: 'json', status: 200, json: orderText(placed(asked.params.id, asked.body)), headers: none }
  },
}
const { port } = await serve([door], { clock: systemClock(), report: console.error, mount: '/' })
ready(port)
