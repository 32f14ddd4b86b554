/**
 * Stock that arrives, and stock that was counted wrong. What orders take and give back stands with the orders.
 */
import { atomically, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { idOf, operator } from '../callers.ts'
import { Movement } from '../model/products.ts'
import { products, stockLog } from '../resources.ts'
import { ProductParams } from './products.ts'

const most = 1_000_000

export const Units = z.object({
  units: z.int().min(-most).max(most).describe('below zero only as a correction'),
  reason: z.enum(['arrived', 'corrected']).default('arrived'),
})
export const stockFails = { 'unknown-product': 404, 'not-that-many': 409, 'units-invalid': 422 } as const

export const stockUp = endpoint('POST /products/:productId/stock', {
  summary: 'Units arrived, or there are more or fewer than was thought',
  caller: operator,
  params: ProductParams,
  body: Units,
  returns: Movement,
  fails: stockFails,
  once: 'Idempotency-Key',
  uses: { products: products.writer, stock: stockLog.writer },
  async handle({ params: { productId }, body: { units, reason }, caller, at, newId }, { products, stock }) {
    if (units === 0 || (units < 0 && reason === 'arrived')) return problem('units-invalid', 'So many cannot arrive')
    const product = await products.get({ productId })
    if (!product) return problem('unknown-product', 'The shop has no such product')
    if (product.stock + units > most) return problem('units-invalid', `The house holds ${most} of a product`)
    const moved = {
      ...{ productId, movementId: newId(), units, reason },
      ...{ by: idOf(caller), at: at.toISOString() },
    }
    const tooMany = problem('not-that-many', `There are not ${-units} left`)
    return atomically({
      product: products.add({ productId }, { stock: units }, { floor: 0 }),
      move: stock.insert(moved),
    }).answer(moved, { product: tooMany, move: tooMany })
  },
})
