import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { routeTable } from './routes.ts'

describe('routes', () => {
  const routes = routeTable(
    new Map([
      ['/', 'root'],
      ['/orders', 'orders'],
      ['/orders/:', 'order'],
      ['/orders/latest', 'latest'],
      ['/orders/:/items/:', 'item'],
      ['/orders/latest/items/first', 'first'],
      ['/:/about', 'about'],
    ]),
  )
  const at = (path: string): unknown => {
    const found = routes.find(path)
    return found && [found.spot, ...found.values]
  }

  it('are found by path, with their parameters as they stand there', () => {
    expect(at('/')).toEqual(['root'])
    expect(at('/orders')).toEqual(['orders'])
    expect(at('/orders/a%20b')).toEqual(['order', 'a%20b'])
    expect(at('/orders/1/items/2')).toEqual(['item', '1', '2'])
  })

  it('that are written go before parameters, and give way where they lead nowhere', () => {
    expect(at('/orders/latest')).toEqual(['latest'])
    expect(at('/orders/latest/items/first')).toEqual(['first'])
    expect(at('/orders/latest/items/2')).toEqual(['item', 'latest', '2'])
    expect(at('/orders/about')).toEqual(['order', 'about'])
  })

  it('are found for nothing else', () => {
    for (const path of [
      '',
      'orders',
      '/Orders',
      '/orders/',
      '/orders//items/2',
      '/orders/1/items/',
      '//about',
      '/orders/1/2',
      '/orders/:id/x',
    ]) {
      expect(at(path), path).toBeUndefined()
    }
  })

  it('agree with patterns tried one by one', () => {
    const segment = fc.constantFrom('a', 'b', ':')
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map(parts => `/${parts.join('/')}`)
    const asked = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 5 }).map(parts => `/${parts.join('/')}`)
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 8 }), asked, (paths, text) => {
        const found = routeTable(new Map(paths.map(each => [each, each]))).find(text)
        const fitting = paths.filter(each => new RegExp(`^${each.replaceAll(':', '[^/]+')}$`).test(text))
        expect(found === undefined).toBe(fitting.length === 0)
        if (!found) return
        expect(fitting).toContain(found.spot)
        const refilled = found.values.reduce((each, value) => each.replace(':', value), found.spot)
        expect(refilled).toBe(text)
      }),
    )
  })
})
