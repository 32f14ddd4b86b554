import { executionAsyncId } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { ownTransactions } from './sql-session.ts'

/** Whether somebody follows promises: they have ids of their own then, and each of them is dearer. */
async function promisesAreFollowed(): Promise<boolean> {
  const idAfterPromise = async () => {
    await null
    return executionAsyncId()
  }
  const [one, other] = await Promise.all([idAfterPromise(), idAfterPromise()])
  return one !== other
}

/** From Node 24 on a storage follows nothing: there is nothing to be dearer. */
const storagesFollow = Number.parseInt(process.versions.node, 10) < 24

function deferred() {
  let resolve = (): void => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

/** A transaction that is open until told. */
function opened(own: ReturnType<typeof ownTransactions>) {
  const { promise: told, resolve: end } = deferred()
  const refusedInside: boolean[] = []
  const ended = own.within(async () => {
    refusedInside.push(isRefused(own))
    await told
    refusedInside.push(isRefused(own))
  })
  return { end, ended, refusedInside }
}

function isRefused(own: ReturnType<typeof ownTransactions>): boolean {
  try {
    own.refuse()
    return false
  } catch {
    return true
  }
}

describe('transactions that know what runs inside of them', () => {
  it('make promises dearer while one is open, and not for ever after the first', async () => {
    expect(await promisesAreFollowed()).toBe(false)
    const own = ownTransactions()
    for (let round = 0; round < 3; round++) {
      const transaction = opened(own)
      expect(await promisesAreFollowed()).toBe(storagesFollow)
      transaction.end()
      await transaction.ended
      expect(await promisesAreFollowed()).toBe(false)
    }
    await expect(own.within(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await promisesAreFollowed()).toBe(false)
  })

  it('know it of each, also when another has ended meanwhile', async () => {
    const own = ownTransactions()
    const [first, second] = [opened(own), opened(own)]
    first.end()
    await first.ended
    const third = opened(own)
    for (const each of [second, third]) {
      each.end()
      await each.ended
    }
    for (const { refusedInside } of [first, second, third]) expect(refusedInside).toEqual([true, true])
    expect(isRefused(own)).toBe(false)
  })

  it('refuse nothing to what goes on after its transaction has ended', async () => {
    const own = ownTransactions()
    const { promise: later, resolve: goOn } = deferred()
    let after: Promise<boolean> | undefined
    await own.within(async () => {
      after = later.then(() => isRefused(own))
    })
    const another = opened(own)
    goOn()
    expect(await after).toBe(false)
    another.end()
    await another.ended
  })
})
