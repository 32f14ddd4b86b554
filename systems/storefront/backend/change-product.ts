/**
 * Changing products. An update is looked at when it comes, kept as pending with its message, and applied by the consumer
 * of the queue: in order for each product, tried again, and dead-lettered with its reason. Operations read the reason and
 * have it tried again once the cause is gone.
 *
 * What can only be known later: whether the picture has been uploaded, and whether the updates before went through.
 */
import { atomically, consumer, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { idOf, operator } from '../callers.ts'
import { Paging, PictureName, ProductId, pageOf } from '../model/ids.ts'
import {
  kindOf,
  lacking,
  type Product,
  ProductChanges,
  type ProductEvent,
  ProductUpdate,
  productAfter,
  updateStates,
} from '../model/products.ts'
import { pictures, productLog, products, productUpdates, updates } from '../resources.ts'
import { ProductParams } from './products.ts'

export const updateFails = { 'incomplete-product': 422, 'nothing-to-change': 422 } as const

export const requestUpdate = endpoint('PUT /products/:productId', {
  summary: 'Create, change or retire a product; it is in the catalogue soon after',
  caller: operator,
  params: ProductParams,
  body: ProductChanges,
  returns: { 202: ProductUpdate },
  fails: updateFails,
  once: 'Idempotency-Key',
  uses: { products: products.reader, updates: updates.writer, queue: productUpdates.sender },
  async handle({ params: { productId }, body: changes, caller, at, newId }, { products, updates, queue }) {
    if (Object.keys(changes).length === 0) return problem('nothing-to-change')
    const missing = (await products.get({ productId })) ? [] : lacking(changes)
    if (missing.length > 0) return problem('incomplete-product', `A new product needs: ${missing.join(', ')}`)
    const message = { updateId: newId(), productId, changes, by: idOf(caller), at: at.toISOString() }
    const update = { ...message, state: 'pending' as const }
    return atomically({
      ...{ update: updates.put(update) },
      message: queue.send(message, { id: message.updateId }),
    }).answer(update, {})
  },
})

export const applyUpdate = consumer(productUpdates, {
  uses: { products: products.writer, log: productLog.writer, updates: updates.writer, pictures: pictures.reader },
  async handle({ message: { updateId, productId, changes, by, at }, at: now }, { products, log, updates, pictures }) {
    const { picture } = changes
    if (picture !== undefined && !(await pictures.head(picture))) throw new Error(`There is no picture "${picture}"`)
    const before = await products.get({ productId })
    const event: ProductEvent = {
      ...{ productId, updateId, changes, by, at },
      edition: (before?.edition ?? 0) + 1,
      type: kindOf(before, changes),
    }
    const kept = await atomically({
      update: updates.patch(
        { updateId },
        { state: 'applied', appliedAt: now.toISOString() },
        { when: { state: 'pending' } },
      ),
      product: written(before, event),
      log: log.insert(event),
    })
    // It came twice, and is in already.
    if (!kept.ok && kept.failed === 'update') return
    if (!kept.ok) throw new Error(`Somebody else changed ${productId}`)

    function written(before: Product | undefined, event: ProductEvent) {
      const { revision: _counted, ...after } = productAfter(before, event)
      if (!before) return products.insert(after)
      const { productId: _key, stock: _apart, ...content } = after
      return products.patch({ productId }, content, { when: { edition: before.edition } })
    }
  },
})

// ---------- what became of updates

export const UpdatesQuery = Paging.extend({ state: z.enum(updateStates).default('pending') })
export const UpdatesPage = pageOf(ProductUpdate)

export const someUpdates = endpoint('GET /updates', {
  summary: 'Updates of products that are pending or applied, the newest first',
  caller: operator,
  query: UpdatesQuery,
  returns: UpdatesPage,
  uses: { updates: updates.reader },
  handle: ({ query: { state, ...page } }, { updates }) => updates.by.state({ state }, { ...page, reverse: true }),
})

export const FailedUpdate = z.object({
  updateId: z.string(),
  productId: ProductId.optional(),
  changes: ProductChanges.optional(),
  reason: z.string(),
  attempts: z.int(),
  askedAt: z.iso.datetime(),
  failedAt: z.iso.datetime(),
  trace: z.string().optional().describe('of the last attempt'),
})
export const FailedUpdates = z.object({ items: z.array(FailedUpdate) })

export const failedUpdates = endpoint('GET /updates/failed', {
  summary: 'Updates of products that were given up, and why',
  caller: operator,
  returns: FailedUpdates,
  uses: { queue: productUpdates.redriver },
  async handle(_call, { queue }) {
    const dead = await queue.deadLetters({ limit: 500 })
    const items = dead.map(({ id: updateId, message, reason, attempts, sentAt, buriedAt, trace }) => ({
      ...{ updateId, reason, attempts, askedAt: sentAt, failedAt: buriedAt },
      ...(message ? { productId: message.productId, changes: message.changes } : {}),
      ...(trace === undefined ? {} : { trace }),
    }))
    return { items }
  },
})

export const UpdateParams = z.object({ updateId: z.string().min(1).max(200) })
export const Redriven = z.object({ updateId: z.string(), state: z.literal('pending') })

export const redriveUpdate = endpoint('POST /updates/failed/:updateId/redrive', {
  summary: 'Try an update that was given up again, after those that came since',
  caller: operator,
  params: UpdateParams,
  returns: { 202: Redriven },
  fails: { 'not-found': 404 },
  uses: { queue: productUpdates.redriver },
  async handle({ params: { updateId } }, { queue }) {
    const count = await queue.redrive([updateId])
    return count > 0 ? { updateId, state: 'pending' } : problem('not-found', 'No such update was given up')
  },
})

// ---------- pictures

/** What operations may upload: no SVG, which can hold scripts. */
export const pictureTypes = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' } as const
export const NewPicture = z.object({ type: z.enum(['image/png', 'image/jpeg', 'image/webp']) })
export const UploadLink = z.object({
  picture: PictureName.describe('say it in an update of the product'),
  url: z.string().describe('PUT the picture here, with its type as `content-type`, within 15 minutes'),
})

export const newPicture = endpoint('POST /pictures', {
  summary: 'A name for a new picture, and where to upload it',
  caller: operator,
  body: NewPicture,
  returns: { 201: UploadLink },
  uses: { pictures: pictures.writer },
  async handle({ body: { type }, newId }, { pictures }) {
    const picture = `${newId().toLowerCase()}.${pictureTypes[type]}`
    return { picture, url: await pictures.uploadLink(picture, { type }) }
  },
})
