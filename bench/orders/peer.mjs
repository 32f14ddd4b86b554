/**
 * The same order by hand: Fastify and PostgreSQL. One transaction takes the stock, writes the order, its event, the stock
 * movement, the event for others and the answer under the request's key. What would follow (inbox, mail, figures,
 * catalogue) is not written.
 */
import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import pg from 'pg'

/** @typedef {{ productId: string, quantity: number }} Line */

const pool = new pg.Pool({ connectionString: process.argv[2], max: 16 })
await pool.query(`
  create table products (id text primary key, name text not null, cents bigint not null, stock bigint not null check (stock >= 0));
  create table orders (id uuid primary key, customer text not null, placed_at timestamptz not null, state text not null, body jsonb not null);
  create index on orders (customer, placed_at);
  create index on orders (state, placed_at);
  create table order_log (id uuid, seq int, body jsonb not null, primary key (id, seq));
  create table stock_log (product text, id uuid, units int not null, order_id uuid not null, at timestamptz not null, primary key (product, id));
  create table outbox (position bigint generated always as identity primary key, body jsonb not null);
  create table once (key text primary key, answer jsonb not null, until timestamptz not null);
  insert into products select 'product-' || n, 'Product ' || n, 999, 1000000 from generate_series(0, 49) n`)

const line = {
  type: 'object',
  required: ['productId', 'quantity'],
  additionalProperties: false,
  properties: { productId: { type: 'string' }, quantity: { type: 'integer', minimum: 1, maximum: 100 } },
}
const lines = { type: 'array', minItems: 1, maxItems: 20, items: line }
const body = { type: 'object', required: ['lines'], additionalProperties: false, properties: { lines } }
const app = fastify()

app.post('/orders', { schema: { body } }, async (request, reply) => {
  const { lines: asked } = /** @type {{ lines: Line[] }} */ (request.body)
  const key = request.headers['idempotency-key'] ?? randomUUID()
  const client = await pool.connect()
  try {
    await client.query('begin')
    const answer = await place(client, asked)
    await client.query({
      name: 'once',
      text: `insert into once values ($1, $2, now() + interval '1 day')`,
      values: [key, answer],
    })
    await client.query('commit')
    reply.code(201)
    return answer
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
})

/**
 * @param {pg.PoolClient} client
 * @param {Line[]} asked
 */
async function place(client, asked) {
  const [orderId, at] = [randomUUID(), new Date().toISOString()]
  const taken = []
  for (const { productId, quantity } of asked) {
    const text = 'update products set stock = stock - $2 where id = $1 returning name, cents'
    const { rows } = await client.query({ name: 'take', text, values: [productId, quantity] })
    if (!rows[0]) throw new Error('unknown-product')
    const moved = 'insert into stock_log values ($1, $2, $3, $4, $5)'
    await client.query({ name: 'move', text: moved, values: [productId, randomUUID(), -quantity, orderId, at] })
    const price = Number(rows[0].cents)
    taken.push({ productId, productName: rows[0].name, quantity, price, total: price * quantity })
  }
  const total = taken.reduce((sum, each) => sum + each.total, 0)
  const order = { orderId, customerId: 'anna', lines: taken, total, state: 'placed', placedAt: at }
  const insert = 'insert into orders values ($1, $2, $3, $4, $5)'
  await client.query({ name: 'order', text: insert, values: [orderId, 'anna', at, 'placed', order] })
  await client.query({ name: 'log', text: 'insert into order_log values ($1, 1, $2)', values: [orderId, order] })
  await client.query({ name: 'outbox', text: 'insert into outbox (body) values ($1)', values: [order] })
  return order
}

console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
