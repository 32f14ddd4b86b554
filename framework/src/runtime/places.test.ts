import { describe, expect, it } from 'vitest'
import { Places } from './places.ts'

const ofHandler = (places: Places, handler: string, name = 'orders.insert') => {
  const insert = () => places.of(handler, name, insert)
  return insert()()
}

describe('where an operation was made', () => {
  it('is known the first hundred times in each handler, and again once one was forgotten there', () => {
    const places = new Places()
    for (let times = 0; times < 100; times++) expect(ofHandler(places, 'shop/buy')?.file).toContain('places.test.ts')
    expect(ofHandler(places, 'shop/buy')).toBeUndefined()
    expect(ofHandler(places, 'shop/buy', 'orders.patch')).toBeDefined()
    expect(ofHandler(places, 'shop/sell')).toBeDefined()
    places.suspect('shop/buy')
    expect(ofHandler(places, 'shop/buy')).toBeDefined()
  })
})
