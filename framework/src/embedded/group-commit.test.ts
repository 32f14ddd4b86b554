import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Environment, openEnvironment } from './environment.ts'
import { temporaryFolder } from './test/folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let environment: Environment
beforeEach(() => {
  folder = temporaryFolder()
  environment = openEnvironment(folder.path, { plan: 'test' })
})
afterEach(async () => {
  await environment.close()
  folder.remove()
})

const key = (name: string): Buffer => Buffer.from(name)
const put = (name: string) => () => () => void environment.items.put(key(name), name)

describe('a transaction of several callers', () => {
  it('serves all who write at a moment, in their order', async () => {
    const before = environment.transactions.begun
    const order: number[] = []
    const writes = Array.from({ length: 200 }, (_, n) => environment.transactions.write(() => () => void order.push(n)))
    await Promise.all(writes)
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    expect(environment.transactions.begun - before).toBeLessThanOrEqual(2)
  })

  it.each([
    ['works', 2_000, 1],
    ['bytes', 200, 10_000],
  ])('is not kept long by a crowd of many %s: something else has its turn in between', async (_, works, bytes) => {
    const value = 'x'.repeat(bytes)
    let done = 0
    const turns: number[] = []
    const look = (): void => {
      turns.push(done)
      if (done < works) setImmediate(look)
    }
    setImmediate(look)
    const writes = Array.from({ length: works }, (_each, n) =>
      environment.transactions.write(() => () => {
        done++
        environment.items.put(key(`${n}`), value)
      }),
    )
    await Promise.all(writes)
    const most = Math.max(...turns.map((at, turn) => at - (turns[turn - 1] ?? 0)))
    expect([most <= 250, most * bytes < 150_000, done]).toEqual([true, true, works])
    expect(environment.items.getKeysCount()).toBe(works)
  })

  it('shows a piece of work what those before it have written', async () => {
    const seen = environment.transactions.write(() => {
      const found = environment.items.get(key('a'))
      return () => found
    })
    expect(await seen).toBeUndefined()
    const [, later] = await Promise.all([
      environment.transactions.write(put('a')),
      environment.transactions.write(() => () => environment.items.get(key('a'))),
    ])
    expect(later).toBe('a')
  })

  it('refuses the work alone that will not decide', async () => {
    const refuse = (): never => {
      throw new Error('no')
    }
    const all = [put('a'), refuse, put('b')].map(work => environment.transactions.write(work))
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect([...environment.items.getKeys()].map(String)).toEqual(['a', 'b'])
  })

  it('is taken back whole when writing fails, tells everybody, and makes members read again', async () => {
    let reloads = 0
    environment.transactions.join({ beforeCommit: () => {}, reload: () => void reloads++ })
    const fail = () => () => {
      void environment.items.put(key('half'), 'x')
      throw new Error('a mistake')
    }
    const all = [put('a'), fail, put('b')].map(work => environment.transactions.write(work))
    for (const outcome of await Promise.allSettled(all)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine-unavailable' } })
    }
    expect(environment.items.getKeysCount()).toBe(0)
    expect(reloads).toBe(1)
    await environment.transactions.write(put('later'))
    expect([...environment.items.getKeys()].map(String)).toEqual(['later'])
  })

  it('is durable for all before the next one is', async () => {
    const ended: number[] = []
    const rounds = Array.from({ length: 20 }, async (_, n) => {
      await environment.transactions.write(put(`${n}`), false)
      await environment.transactions.write(put(`${n} durable`))
      ended.push(n)
    })
    await Promise.all(rounds)
    expect(ended).toHaveLength(20)
    await environment.transactions.idle()
    expect(environment.items.getKeysCount()).toBe(40)
  })
})
