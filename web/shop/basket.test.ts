/** The basket's state, and what a browser keeps of it. */
import { describe, expect, it } from 'vitest'
import {
  basketReducer,
  counted,
  loaded,
  mostLines,
  mostOfOne,
  placed,
  put,
  refused,
  sent,
  taken,
  totalOf,
  unitsIn,
} from './basket.ts'
import { keepBasket, readBasket } from './keeping.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const camera = { productId: 'camera', name: 'Camera', price: eur(29_900), picture: 'camera-1.svg' }
const strap = { productId: 'strap', name: 'Strap', price: eur(1_250) }

type Action = Parameters<typeof basketReducer>[1]
const after = (...actions: readonly Action[]) =>
  actions.reduce(basketReducer, basketReducer(undefined, loaded({ lines: [] })))

describe('S16: the basket', () => {
  it('adds up what is put in, product by product', () => {
    const basket = after(
      put({ ...camera, quantity: 1 }),
      put({ ...strap, quantity: 2 }),
      put({ ...camera, quantity: 2 }),
    )
    expect(basket.lines.map(({ productId, quantity }) => [productId, quantity])).toEqual([
      ['camera', 3],
      ['strap', 2],
    ])
    expect([unitsIn(basket), totalOf(basket)]).toEqual([5, eur(3 * 29_900 + 2 * 1_250)])
  })

  it('holds no more than the shop takes in one order', () => {
    const many = Array.from({ length: mostLines + 5 }, (_, n) =>
      put({ ...strap, productId: `strap-${n}`, quantity: 70 }),
    )
    const basket = after(...many, put({ ...strap, productId: 'strap-0', quantity: 70 }))
    expect(basket.lines).toHaveLength(mostLines)
    expect(basket.lines[0]?.quantity).toBe(mostOfOne)
  })

  it.each([
    [0, 1],
    [-4, 1],
    [Number.NaN, 1],
    [2.7, 2],
    [1_000, 100],
  ])('makes %s units %s', (typed, quantity) => {
    const basket = after(put({ ...camera, quantity: 5 }), counted({ productId: 'camera', quantity: typed }))
    expect(basket.lines[0]?.quantity).toBe(quantity)
  })

  it('has no sum of several currencies', () => {
    const yen = { ...strap, price: { amount: 900, currency: 'JPY' }, quantity: 1 }
    const basket = after(put({ ...camera, quantity: 1 }), put(yen))
    expect(totalOf(basket)).toBeUndefined()
    expect(totalOf(basketReducer(basket, taken('strap')))).toEqual(eur(29_900))
  })

  const sending = {
    key: 'k1',
    userId: 'anna',
    name: 'Anna',
    lines: [{ productId: 'camera', quantity: 1 }],
    atMs: 1_000,
  }

  it('is empty once the order is placed, and as it was when that is refused', () => {
    const under = after(put({ ...camera, quantity: 1 }), sent(sending))
    expect(basketReducer(under, placed())).toEqual({ loaded: true, lines: [] })
    const back = basketReducer(under, refused())
    expect([back.lines.length, back.sending]).toEqual([1, undefined])
  })

  it('survives a reload with the key of the order that was under way', () => {
    const storage = memoryStorage()
    const { lines } = after(put({ ...camera, quantity: 2 }))
    keepBasket(storage, { lines, sending })
    expect(readBasket(storage, 2_000)).toEqual({ lines, sending })
  })

  it('never sends again what is so old that the server may have forgotten its key', () => {
    const storage = memoryStorage()
    keepBasket(storage, { lines: [], sending })
    expect(readBasket(storage, 1_000 + 21 * 3_600_000)).toEqual({ lines: [] })
  })

  it.each([
    '',
    'not json',
    '7',
    'null',
    '{"lines":[{"productId":"x"}, null, 3]}',
    '{"lines":"camera","sending":{"key":1}}',
  ])('is empty where the browser kept %j', text => {
    const storage = memoryStorage()
    keepBasket(storage, { lines: [] })
    storage.setItem(storage.key(0) ?? '', text)
    expect(readBasket(storage, 0)).toEqual({ lines: [] })
  })
})

function memoryStorage(): Storage {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    clear: () => items.clear(),
    getItem: name => items.get(name) ?? null,
    key: at => [...items.keys()][at] ?? null,
    removeItem: name => void items.delete(name),
    setItem: (name, value) => void items.set(name, value),
  }
}
