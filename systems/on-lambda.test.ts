/**
 * Storefront as functions: each service's bundle in processes of its own, under Lambda's runtime API, on the stand-ins for
 * AWS, wired as the templates wire them.
 */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { allOf } from '../drivers/aws/src/test/engines.ts'
import { sentMail } from '../drivers/aws/src/test/sent-mail.ts'
import { restEvent } from '../targets/aws/src/test/lambda/cloud.ts'
import type { Outcome } from '../targets/aws/src/test/lambda/function.ts'
import { type OnLambda, openOnLambda } from '../targets/aws/src/test/lambda/system.ts'
import { people } from './storefront/callers.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 })

const root = fileURLToPath(new URL('../', import.meta.url))
const planFile = fileURLToPath(new URL('storefront/plan.ts', import.meta.url))
const tea = { productId: 'tea', name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }

interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

function answeredBy(outcome: Outcome | undefined): Answered {
  if (!outcome?.ok) throw new Error(`the function failed: ${JSON.stringify(outcome)}`)
  const { statusCode, body } = JSON.parse(outcome.payload.toString())
  return { status: statusCode, body: body === '' ? {} : JSON.parse(body) }
}

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], (dynamodb, sqs, moto, ses) => {
  describe('S11: storefront as functions', () => {
    let shop: OnLambda
    const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, moto: moto.endpoint, ses: ses.endpoint }

    beforeAll(async () => {
      // The accounts need PostgreSQL: whoever signs in does so in this process.
      shop = await openOnLambda({ plan: storefront, planFile, root, endpoints, without: ['shop'] })
    })
    afterAll(() => shop?.close())

    const asks = async (service: string, ...given: Parameters<typeof restEvent>): Promise<Answered> =>
      answeredBy(await shop.functions.get(service)?.invoke(restEvent(...given)))

    /** A stream of the operations side, until its function's time is up. */
    const watching = (path: string, headers: Record<string, string>, took: (piece: string) => void) =>
      shop.functions.get('ops-bff')?.invoke(restEvent('GET', path, { headers }), piece => took(piece.toString()))

    async function signedIn(userId: string, role: 'customer' | 'operator'): Promise<Record<string, string>> {
      const password = `development-${userId}`
      const email = `${userId}@example.org`
      await shop.here.as('seed', { db: people.database.writer }, (async ({ at }: { at: Date }, { db }: never) =>
        people.enrol(db, at, { userId, name: userId, email, password, roles: [role] })) as never)
      const route = shop.here.door.routes.find(({ name }) => name === 'signIn')
      if (!route) throw new Error('nobody signs in')
      const answer = await shop.here.door.call(route, {
        ...{ method: 'POST', path: '/', params: {}, query: {}, address: '192.0.2.1' },
        body: { email, password, deliver: 'body' },
        header: () => undefined,
        cookie: () => undefined,
        signal: new AbortController().signal,
      })
      if (answer.kind !== 'json') throw new Error(JSON.stringify(answer))
      return { authorization: `Bearer ${JSON.parse(answer.json).tokens.accessToken}` }
    }

    it('takes one order through all of them: place, stock, event, live board, inbox and mail of operations, catalogue', async () => {
      const anna = await signedIn('anna', 'customer')
      const olga = await signedIn('olga', 'operator')
      await shop.here.as('stock', { products: products.writer }, (async (_: unknown, clients: never) =>
        (clients as { products: { put(item: object): Promise<void> } }).products.put({ ...tea, stock: 1 })) as never)
      let board = ''
      void watching('/api/storefront/ops/live', olga, piece => (board += piece))
      await expect.poll(() => board, { timeout: 30_000 }).toContain('retry: 1000')
      const body = { lines: [{ productId: 'tea', quantity: 1 }] }
      const placed = await asks('customer-bff', 'POST', '/api/storefront/customer/orders', { body, headers: anna })
      expect(placed).toMatchObject({ status: 201, body: { state: 'placed', total: { amount: 450 } } })
      const again = await asks('customer-bff', 'POST', '/api/storefront/customer/orders', { body, headers: anna })
      expect(again).toMatchObject({ status: 409, body: { code: 'sold-out' } })
      const day = String(placed.body.placedAt).slice(0, 10)
      const inbox = async () =>
        (await asks('ops-bff', 'GET', `/api/storefront/ops/inbox/${day}`, { headers: olga })).body.notices
      await expect.poll(inbox, { timeout: 30_000 }).toHaveLength(1)
      const subject = `New order ${placed.body.orderId}`
      await expect
        .poll(async () => (await sentMail(ses.endpoint)).map(mail => mail.subject), { timeout: 30_000 })
        .toContain(subject)
      await expect.poll(() => board, { timeout: 30_000 }).toContain(`"orderId":"${placed.body.orderId}"`)
      const entry = async () =>
        (await asks('customer-bff', 'GET', '/api/storefront/customer/catalogue/tea')).body.available
      await expect.poll(entry, { timeout: 30_000 }).toBe(false)
    })
  })
})
