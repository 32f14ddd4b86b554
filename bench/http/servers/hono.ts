/** Hono on Node with its Zod validator, which sees the same schemas as we do; the answer is parsed too, as ours is. */
import { serve } from '@hono/node-server'
import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import { Hello, hello, NewOrder, Order, placed, ready } from '../shop.ts'

const app = new Hono()
  .get('/hello', context => context.json(Hello.parse(hello())))
  .post('/orders/:id', zValidator('json', NewOrder.strict()), context =>
    context.json(Order.parse(placed(context.req.param('id'), context.req.valid('json')))),
  )
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => ready(port))
