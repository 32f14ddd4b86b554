/**
 * Fastify with JSON schemas, which the build puts here, asked by `inject`, as its adapter for Lambda asks it.
 */
import fastify from 'fastify'
import type { NewOrder } from '../../http/shop.ts'
import { placed } from '../work.ts'

declare const bodySchema: object
declare const answerSchema: object

const app = fastify()
const schema = { body: bodySchema, response: { 200: answerSchema } }
app.post<{ Params: { id: string }; Body: NewOrder }>('/api/shop/orders/:id', { schema }, async ({ params, body }) =>
  placed(params.id, body),
)

interface Event {
  readonly httpMethod: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const handler = async ({ httpMethod: method, path: url, headers, body: payload }: Event) => {
  const { statusCode, headers: given, body } = await app.inject({ method, url, headers, payload })
  return { statusCode, headers: given, body }
}
