/** Hono with its adapter, without validation. */
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { placed } from '../work.ts'

const app = new Hono().post('/api/shop/orders/:id', async context =>
  context.json(placed(context.req.param('id'), await context.req.json())),
)
export const handler = handle(app)
