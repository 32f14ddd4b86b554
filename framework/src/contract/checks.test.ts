import { describe, expect, it } from 'vitest'
import { applyCommit, changeMessages, changeOf, expiresAtMs, liveItem, prepareCommit } from './checks.ts'
import type { Item, TableShape, Write } from './store.ts'

const orders: TableShape = {
  name: 'orders',
  key: ['id'],
  indexes: { state: ['state'] },
  expires: 'until',
  version: 'revision',
  changesTo: ['backend.first', 'backend.second'],
}
const shapes = new Map([[orders.name, orders]])
const key = { id: 'a' }

function apply(writes: readonly Write[], kept: readonly (Item | undefined)[], nowMs = 0) {
  return applyCommit(prepareCommit(shapes, { writes }), kept, nowMs)
}

function effectsOf(writes: readonly Write[], kept: readonly (Item | undefined)[], nowMs = 0) {
  const outcome = apply(writes, kept, nowMs)
  if (!outcome.ok) throw new Error(`refused: ${outcome.because}`)
  return outcome.effects
}

describe('what a commit does', () => {
  it('is told for each item: kept, removed or nothing, with before and after', () => {
    const kept: Item = { id: 'a', n: 1, revision: 4 }
    const put: Write = { op: 'put', table: 'orders', item: { id: 'a' } }
    const remove: Write = { op: 'remove', table: 'orders', key }
    const check: Write = { op: 'check', table: 'orders', key, when: {} }
    const [replaced] = effectsOf([put], [kept])
    expect(replaced).toMatchObject({ does: 'keep', before: kept, after: { id: 'a', revision: 5 } })
    expect(effectsOf([put], [undefined])[0]).not.toHaveProperty('before')
    expect(effectsOf([remove], [kept])[0]).toMatchObject({ does: 'remove', before: kept })
    expect(effectsOf([remove], [undefined])[0]).toMatchObject({ does: 'nothing' })
    expect(effectsOf([check], [kept])[0]).toEqual({ target: expect.anything(), does: 'nothing' })
  })

  it('takes what has expired for absent, where the engine has not removed it', () => {
    const until = '2030-01-01T00:00:00Z'
    const kept: Item = { id: 'a', n: 1, revision: 4, until }
    const insert: Write = { op: 'insert', table: 'orders', item: { id: 'a' } }
    expect(apply([insert], [kept], Date.parse(until) - 1)).toEqual({ ok: false, failed: 0, because: 'exists' })
    expect(effectsOf([insert], [kept], Date.parse(until))[0]).toEqual({
      target: expect.anything(),
      does: 'keep',
      after: { id: 'a', revision: 1 },
    })
  })

  it('leaves the items it was given as they were', () => {
    const kept = Object.freeze({ id: 'a', n: 1, list: Object.freeze([1]) })
    const given = { id: 'a', n: 2 }
    effectsOf([{ op: 'patch', table: 'orders', key, set: { n: 2 }, unset: ['list'] }], [kept])
    effectsOf([{ op: 'put', table: 'orders', item: given }], [kept])
    expect([kept, given]).toEqual([
      { id: 'a', n: 1, list: [1] },
      { id: 'a', n: 2 },
    ])
    expect(Object.isFrozen(given)).toBe(false)
  })

  it('goes on from a version that is none', () => {
    const put: Write = { op: 'put', table: 'orders', item: { id: 'a' } }
    expect(effectsOf([put], [{ id: 'a' }])[0]?.after).toEqual({ id: 'a', revision: 1 })
    expect(effectsOf([put], [{ id: 'a', revision: 'x' }])[0]?.after).toEqual({ id: 'a', revision: 1 })
  })

  it('cannot embed what is not there', () => {
    const put = (id: string, of: number): Write => ({
      op: 'put',
      table: 'orders',
      item: { id },
      embed: { attribute: 'outcome', of },
    })
    expect(() => apply([put('a', 1)], [undefined])).toThrow(RangeError)
    expect(() => apply([put('a', 0)], [undefined])).toThrow(RangeError)
    expect(() => apply([put('a', 1), put('b', 0)], [undefined, undefined])).toThrow(RangeError)
    const intoKey: Write = { op: 'put', table: 'orders', item: { id: 'a' }, embed: { attribute: 'id', of: 0 } }
    expect(() => apply([intoKey], [undefined])).toThrow(/invalid-key/)
  })

  it('is a mistake of the plan in a table that nobody declared', () => {
    const put: Write = { op: 'put', table: 'none', item: { id: 'a' } }
    expect(() => prepareCommit(shapes, { writes: [put] })).toThrow('plan-invalid: there is no table "none"')
  })

  it('tells sizes that are over a limit in KB', () => {
    const put: Write = { op: 'put', table: 'orders', item: { id: 'a', text: 'x'.repeat(150 * 1_024) } }
    expect(() => apply([put], [undefined])).toThrow(
      'item-too-large: an item of table "orders" has 151 KB, the limit is 100 KB',
    )
  })
})

describe('an expiry', () => {
  it('that is no time, in an item from elsewhere, never comes', () => {
    for (const until of ['soon', 5, '2030-01-01T00:00:00', null]) {
      expect(expiresAtMs(orders, { id: 'a', until })).toBeUndefined()
      expect(liveItem(orders, { id: 'a', until }, Number.MAX_SAFE_INTEGER)).toEqual({ id: 'a', until })
    }
    expect(expiresAtMs(orders, { id: 'a', until: '2030-01-01' })).toBe(Date.UTC(2030, 0, 1))
  })
})

describe('change messages', () => {
  it('tell each listener of the change, ordered by the key', () => {
    const [effect] = effectsOf([{ op: 'put', table: 'orders', item: { id: 'a', n: 1 } }], [undefined])
    if (!effect) throw new Error('there is one effect')
    const change = changeOf(effect)
    const body = JSON.stringify({ table: 'orders', change: { key, after: { id: 'a', n: 1, revision: 1 } } })
    expect(changeMessages(orders, change, 'c-1')).toEqual([
      { queue: 'backend.first', id: 'c-1', body, orderKey: '["a"]' },
      { queue: 'backend.second', id: 'c-1', body, orderKey: '["a"]' },
    ])
  })
})
