/** Hono with its adapter and its Zod validator; the answer is parsed too, as ours is. */
import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { NewOrder, Order } from '../../http/shop.ts'
import { placed } from '../work.ts'

const app = new Hono().post('/api/shop/orders/:id', zValidator('json', NewOrder.strict()), context =>
  context.json(Order.parse(placed(context.req.param('id'), context.req.valid('json')))),
)
export const handler = handle(app)
