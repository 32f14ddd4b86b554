/** Ordered queues, as their consumers see them. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConsumerCall, consumer } from '../plan/consumer.ts'
import { atomically } from '../plan/operation.ts'
import { queue } from '../plan/queue.ts'
import { testbed } from '../targets/testbed.ts'
import { backgroundPlan, rejection } from './test/small.ts'

const Step = z.object({ key: z.string(), step: z.int() })
type Handle = (call: ConsumerCall<{ key: string; step: number }>) => unknown

const steps = queue('steps', {
  message: Step,
  orderBy: step => step.key,
  attempts: 3,
  backoff: { first: '10 seconds', most: '10 seconds' },
})

async function stepping(handle: Handle, concurrency = 10) {
  const bed = await testbed(backgroundPlan({ work: consumer(steps, { concurrency, handle }) }))
  const { sender } = bed.uses({ sender: steps.sender })
  const send = async (key: string, ...numbers: readonly number[]) => {
    for (const step of numbers) await sender.send({ key, step })
  }
  return Object.assign(bed, { send, sender })
}

describe('On an ordered queue', () => {
  it('each key is handled one at a time in the order sent, the keys side by side', async () => {
    const order: Record<string, number[]> = { a: [], b: [], c: [] }
    const running = new Map<string, number>()
    let together = 0
    await using bed = await stepping(async ({ message: { key, step } }) => {
      const here = (running.get(key) ?? 0) + 1
      expect(here).toBe(1)
      running.set(key, here)
      together = Math.max(together, [...running.values()].filter(count => count > 0).length)
      await new Promise(resolve => setTimeout(resolve, (step * 7_919) % 500))
      order[key]?.push(step)
      running.set(key, 0)
    })
    const numbers = Array.from({ length: 20 }, (_each, at) => at)
    await Promise.all(['a', 'b', 'c'].map(key => bed.send(key, ...numbers)))
    await bed.advance('1 minute')
    expect(order).toEqual({ a: numbers, b: numbers, c: numbers })
    expect(together).toBe(3)
  })

  it('a failure holds back its key until it has gone well, and no other', async () => {
    const order: string[] = []
    await using bed = await stepping(({ message: { key, step }, attempt }) => {
      if (key === 'a' && step === 1 && attempt < 3) throw new Error('no luck')
      order.push(`${key}${step}`)
    })
    await bed.send('a', 1, 2, 3)
    await bed.send('b', 1, 2)
    await bed.settled()
    expect(order).toEqual(['b1', 'b2'])
    await bed.advance('1 minute')
    expect(order).toEqual(['b1', 'b2', 'a1', 'a2', 'a3'])
  })

  it('a dead letter lets the next of its key go; redriven, it stands behind what waits', async () => {
    const order: number[] = []
    let broken = true
    await using bed = await stepping(({ message: { step } }) => {
      if (step === 1 && broken) throw new Error('no luck')
      order.push(step)
    })
    await bed.send('a', 1, 2, 3)
    await bed.advance('1 minute')
    expect(order).toEqual([2, 3])
    expect(await bed.deadLetters()).toMatchObject([{ queue: 'steps', reason: 'no luck' }])
    broken = false
    await bed.redrive('steps')
    await bed.settled()
    expect(order).toEqual([2, 3, 1])
  })

  it('the order of commits is kept, also through the outbox and the death of the process', async () => {
    const order: number[] = []
    await using bed = await stepping(({ message: { step } }) => void order.push(step))
    const message = (step: number) => bed.sender.send({ key: 'a', step })
    await atomically({ one: message(1), two: message(2) })
    await atomically({ three: message(3) })
    await bed.restart()
    await message(4)
    await bed.advance('2 minutes')
    expect(order.filter((step, at) => order.indexOf(step) === at)).toEqual([1, 2, 3, 4])
  })

  it('no message can be delayed', async () => {
    await using bed = await stepping(() => {})
    for (const options of [{ delay: '1 second' as const }, { at: new Date() }]) {
      const sending = async () => bed.sender.send({ key: 'a', step: 1 }, options)
      expect(await rejection(sending())).toMatchObject({ code: 'delay-on-ordered-queue' })
    }
  })
})
