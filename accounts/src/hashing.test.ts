import { describe, expect, it } from 'vitest'
import { hashing } from './hashing.ts'

describe('a hash', () => {
  it('says how it was made, and is another each time', async () => {
    const { hash, verify } = hashing()
    const [one, other] = [await hash('a long password'), await hash('a long password')]
    expect(one).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/)
    expect(one).not.toBe(other)
    for (const made of [one, other]) expect(await verify({ hash: made, password: 'a long password' })).toBe(true)
    expect(await verify({ hash: one, password: 'a long passwore' })).toBe(false)
    expect(await verify({ hash: one.replace('scrypt', 'plain'), password: 'a long password' })).toBe(false)
  })

  it('is the same however the letters were composed', async () => {
    const { hash, verify } = hashing()
    expect(await verify({ hash: await hash('na\u00efve as ever'), password: 'nai\u0308ve as ever' })).toBe(true)
  })
})

describe('what hashes', () => {
  it('runs few at once, and who is known before the others', async () => {
    const { inTurn } = hashing(1)
    const order: string[] = []
    const gates: (() => void)[] = []
    const run = (name: string) => () =>
      new Promise<{ name: string }>(resolve => {
        order.push(name)
        gates.push(() => resolve({ name }))
      })
    const done = [inTurn(run('first')), inTurn(run('stranger')), inTurn(run('owner'), true)]
    for (let turn = 0; turn < 3; turn++) {
      gates[turn]?.()
      await done[[0, 2, 1][turn] ?? 0]
      await expect.poll(() => order.length).toBe(Math.min(3, turn + 2))
    }
    expect(order).toEqual(['first', 'owner', 'stranger'])
  })

  it('is not even begun when too many wait', async () => {
    const { inTurn } = hashing(1)
    let open = (): void => {}
    const gate = new Promise<void>(resolve => {
      open = resolve
    })
    let begun = 0
    const all = Array.from({ length: 60 }, () =>
      inTurn(async () => {
        begun += 1
        await gate
        return {}
      }),
    )
    open()
    const answers = await Promise.all(all)
    expect(begun).toBe(21)
    expect(answers.filter(answer => answer === undefined)).toHaveLength(39)
    expect(await inTurn(async () => ({ done: true }))).toEqual({ done: true })
  })
})
