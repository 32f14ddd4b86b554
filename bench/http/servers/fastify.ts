/** Fastify as its documentation asks: schemas for body, parameters and answers, compiled by Ajv and fast-json-stringify. */
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { Hello, hello, jsonSchema, NewOrder, Order, placed, ready } from '../shop.ts'

const server = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false } } })
server.get('/hello', { schema: { response: { 200: jsonSchema(Hello) } } }, () => hello())
server.post<{ Params: { id: string }; Body: NewOrder }>(
  '/orders/:id',
  {
    schema: {
      body: jsonSchema(NewOrder),
      params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      response: { 200: jsonSchema(Order) },
    },
  },
  request => placed(request.params.id, request.body),
)
await server.listen({ port: 0, host: '127.0.0.1' })
ready((server.server.address() as AddressInfo).port)
