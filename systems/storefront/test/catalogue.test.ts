/**
 * Browsing, searching and paging, on the sample data and while the catalogue changes; pictures; lag.
 */
import { type Testbed, testbed } from 'groundplan/testbed'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { Browsing } from '../model/catalogue.ts'
import type { ProductChanges } from '../model/products.ts'
import storefront from '../plan.ts'
import { pictures, products } from '../resources.ts'
import { sampleProducts } from '../seed.ts'
import { olga, operator } from './people.ts'

type Bed = Testbed<typeof storefront.gateways>
type Query = Partial<Omit<Browsing, 'after'>>

async function seeded(): Promise<Bed> {
  const bed = await testbed(storefront, { throttle: false })
  await bed.seed(sampleProducts)
  await bed.settled()
  return bed
}

/** All pages; `between` runs after each. */
async function pagesOf(bed: Bed, query: Query, between = async () => {}) {
  const found = []
  let after: string | undefined
  do {
    const { value } = await bed.gateways.customer.browse({ query: { ...query, after } })
    found.push(...value.items)
    after = value.after
    await between()
  } while (after !== undefined)
  return found
}

describe('Browsing', () => {
  it('S3: gives all products by name or by price, of a category, in a range of prices, in stock', async () => {
    await using bed = await seeded()
    const all = await pagesOf(bed, { limit: 50 })
    expect(all).toHaveLength(217)
    const names = all.map(({ name }) => name)
    expect(names).toEqual(names.toSorted((one, other) => (one < other ? -1 : 1)))
    const cheap = (await pagesOf(bed, { sort: 'price', limit: 100 })).map(({ price }) => price.amount)
    expect(cheap).toEqual(all.map(({ price }) => price.amount).toSorted((one, other) => one - other))
    const dear = (await pagesOf(bed, { sort: 'price-down', limit: 100 })).map(({ price }) => price.amount)
    expect(dear).toEqual(cheap.toReversed())
    expect(await pagesOf(bed, { category: 'lenses' })).toHaveLength(18)
    const middle = await pagesOf(bed, { category: 'film', sort: 'price', 'min-price': 1_200, 'max-price': 1_500 })
    expect(middle.length).toBeGreaterThan(3)
    expect(middle.every(({ price }) => price.amount >= 1_200 && price.amount <= 1_500)).toBe(true)
    const { stock } = bed.uses({ stock: products.writer })
    await stock.patch({ productId: 'last-camera' }, { stock: 0 })
    await bed.settled()
    expect(await pagesOf(bed, { available: 'yes', limit: 100 })).toHaveLength(216)
  })

  it('S3: finds products by the beginnings of words, in any case, without accents, each once', async () => {
    await using bed = await seeded()
    const { ops } = bed.as(operator, olga)
    const body = { name: 'Étui noir', category: 'bags', price: { amount: 2_900, currency: 'EUR' } }
    await ops.updateProduct({ params: { productId: 'etui' }, body })
    await bed.settled()
    const found = async (search: string, more: Query = {}) =>
      (await pagesOf(bed, { search, limit: 7, ...more })).map(({ name }) => name)
    expect(await found('etui')).toEqual(['Étui noir'])
    expect(await found('ÉTU')).toEqual(['Étui noir'])
    const tripods = await found('tri')
    expect(tripods).toHaveLength(18)
    expect(new Set(tripods).size).toBe(18)
    expect(await found('mira tripod')).toHaveLength(3)
    expect(await found('trav mir')).toEqual(['Mira Travel tripod'])
    expect(await found('mira', { category: 'lenses' })).toHaveLength(3)
    expect(await found('no-such-thing')).toEqual([])
    expect(await found('!?')).toHaveLength(218)
  })

  it('S7: paging neither repeats nor passes over what stays, while products come, go, sell out and are found elsewhere', async () => {
    await using bed = await seeded()
    const { ops } = bed.as(operator, olga)
    const before = (await pagesOf(bed, { limit: 100 })).map(({ productId }) => productId)
    const price = { amount: 100, currency: 'EUR' }
    const disturbed = new Set<string>()
    let round = 0
    const disturb = async () => {
      round++
      const gone = before[(round * 37) % before.length] ?? ''
      disturbed.add(gone)
      await ops.updateProduct({ params: { productId: gone }, body: { retired: true } })
      for (const name of [`A${round} new`, `Tarn ${round} new`, `Z${round} new`]) {
        const params = { productId: name.toLowerCase().replaceAll(' ', '-') }
        await ops.updateProduct({ params, body: { name, category: 'news', price } })
      }
      await bed.settled()
    }
    const seen = (await pagesOf(bed, { limit: 10 }, disturb)).map(({ productId }) => productId)
    expect(new Set(seen).size).toBe(seen.length)
    const steady = before.filter(productId => !disturbed.has(productId))
    expect(seen.filter(productId => steady.includes(productId))).toEqual(steady)
    expect(round).toBeGreaterThan(20)
  })

  it('S7: the lag of the catalogue is measured, and is over when the catalogue is up to date', async () => {
    await using bed = await testbed(storefront, { throttle: false })
    const { ops } = bed.as(operator, olga)
    const body = { name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }
    await bed.uses({ products: products.writer }).products.insert({ productId: 'tea', ...body })
    expect((await ops.catalogueLag()).value.catalogue.waiting).toBe(1)
    await bed.settled()
    expect((await ops.catalogueLag()).value).toEqual({
      catalogue: { lagMs: 0, waiting: 0, dead: 0 },
      words: { lagMs: 0, waiting: 0, dead: 0 },
    })
  })
})

describe('Pictures', () => {
  it('S4: are uploaded by operations to a link, said in an update, and shown to customers', async () => {
    await using bed = await testbed(storefront, { throttle: false })
    const { ops } = bed.as(operator, olga)
    const { picture, url } = (await ops.newPicture({ body: { type: 'image/png' } })).value
    expect(picture).toMatch(/^[0-9a-f-]+\.png$/)
    expect(url).toContain(picture)
    await bed.uses({ pictures: pictures.writer }).pictures.put(picture, 'a picture', { type: 'image/png' })
    const body = { name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' }, picture }
    await ops.updateProduct({ params: { productId: 'tea' }, body })
    await bed.settled()
    const { customer } = bed.gateways
    expect(await customer.product({ params: { productId: 'tea' } })).toMatchObject({ value: { picture } })
    expect(await customer.picture({ params: { picture } })).toMatchObject({ ok: true, value: { type: 'image/png' } })
    expect(await customer.picture({ params: { picture: 'nothing.png' } })).toMatchObject({
      problem: { code: 'not-found' },
    })
  })
})

describe('An update', () => {
  it('S6: is refused at once where it can never be one', async () => {
    await using bed = await testbed(storefront, { throttle: false })
    const { ops } = bed.as(operator, olga)
    const ask = (body: z.input<typeof ProductChanges>) => ops.updateProduct({ params: { productId: 'tea' }, body })
    expect(await ask({ name: 'Tea' })).toMatchObject({
      problem: { code: 'incomplete-product', detail: 'A new product needs: category, price' },
    })
    expect(await ask({})).toMatchObject({ problem: { code: 'nothing-to-change' } })
    await expect(ask({ price: { amount: 1.5, currency: 'EUR' } })).rejects.toMatchObject({ code: 'request-invalid' })
    await expect(ask({ category: 'Not A Category' })).rejects.toMatchObject({ code: 'request-invalid' })
  })

  it('S8: of each kind is kept with who asked for it, retired and restored too', async () => {
    await using bed = await testbed(storefront, { throttle: false })
    const { ops } = bed.as(operator, olga)
    const params = { productId: 'tea' }
    const price = { amount: 450, currency: 'EUR' }
    for (const body of [
      { name: 'Tea', category: 'drinks', price },
      { name: 'Green tea' },
      { retired: true },
      { retired: false },
    ]) {
      await ops.updateProduct({ params, body })
    }
    await bed.settled()
    const { events } = (await ops.productHistory({ params })).value
    expect(events.map(({ edition, type, by }) => [edition, type, by])).toEqual([
      [4, 'restored', 'olga'],
      [3, 'retired', 'olga'],
      [2, 'changed', 'olga'],
      [1, 'created', 'olga'],
    ])
  })

  it('S6: that came twice is applied once, and stock that is not there cannot be taken away', async () => {
    await using bed = await testbed(storefront, { throttle: false })
    const { ops } = bed.as(operator, olga)
    const params = { productId: 'tea' }
    const body = { name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }
    const first = await ops.updateProduct({ params, body, once: 'u-1' })
    expect(await ops.updateProduct({ params, body, once: 'u-1' })).toEqual(first)
    await bed.settled()
    expect((await ops.productHistory({ params })).value.events).toHaveLength(1)
    await ops.stockUp({ params, body: { units: 5 } })
    await bed.advance('1 second')
    const fix = (units: number) => ops.stockUp({ params, body: { units, reason: 'corrected' } })
    expect(await fix(-6)).toMatchObject({ problem: { code: 'not-that-many' } })
    expect(await fix(-2)).toMatchObject({ ok: true })
    expect(await ops.stockUp({ params, body: { units: -1 } })).toMatchObject({ problem: { code: 'units-invalid' } })
    expect(await ops.product({ params })).toMatchObject({ value: { stock: 3 } })
    expect((await ops.movements({ params })).value.items.map(({ units }) => units)).toEqual([-2, 5])
  })
})
