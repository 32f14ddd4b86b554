import { expect, it } from 'vitest'
import { turns } from './turns.ts'

it('a crowd is taken piece by piece: whoever wants something else comes through between', async () => {
  const inTurn = turns(16, 2_000)
  let done = 0
  const count = async (): Promise<void> => {
    done += 1
  }
  const crowd = Array.from({ length: 1_000 }, () => inTurn(count))
  const seen: number[] = []
  while (done < 1_000) {
    seen.push(done)
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(crowd)
  const steps = seen.map((at, n) => at - (seen[n - 1] ?? 0))
  expect(Math.max(...steps)).toBeLessThanOrEqual(32)
  expect(seen.length).toBeGreaterThan(30)
})

it('a turn that fails is over', async () => {
  const inTurn = turns(1, 0)
  await expect(inTurn(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await expect.poll(() => inTurn.isFull()).toBe(false)
  expect(await inTurn(async () => 'next')).toBe('next')
})
