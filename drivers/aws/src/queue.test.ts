/**
 * What the contract's suite cannot ask of SQS, since it goes by SQS's own clock and SQS gives keys in no order: leases,
 * order and repeats, in real seconds; and what sending and handling cost.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HandedQueues, Leased, NewMessage, Queues } from 'groundplan/driver'
import { describe, expect, it, vi } from 'vitest'
import { Sqs } from './sqs.ts'
import { realClock } from './test/clock.ts'
import { allOf, credentials } from './test/engines.ts'
import { type TestQueues, testQueues } from './test/queues.ts'

vi.setConfig({ testTimeout: 60_000 })

const shapes = [
  { name: 'work', ordered: false },
  { name: 'steps', ordered: true },
]

function message(id: string, more: Partial<NewMessage> = {}): NewMessage {
  return { queue: more.orderKey === undefined ? 'work' : 'steps', id, body: JSON.stringify(id), ...more }
}

/** One message, or none within the time. */
async function within(queues: Queues, queue: string, ms: number, leaseMs = 30_000): Promise<Leased | undefined> {
  const [first] = await queues.receive(queue, { max: 1, leaseMs, signal: AbortSignal.timeout(ms) })
  return first
}

async function take(queues: Queues, queue: string, leaseMs?: number): Promise<Leased> {
  const found = await within(queues, queue, 30_000, leaseMs)
  if (!found) throw new Error(`nothing came from ${queue}`)
  return found
}

await allOf(['elasticmq', 'dynamodb'], (sqs, dynamodb) => {
  async function withQueues(work: (queues: HandedQueues, test: TestQueues) => Promise<void>): Promise<void> {
    const test = await testQueues({ sqs: sqs.endpoint, dynamodb: dynamodb.endpoint }, realClock(), shapes)
    try {
      await work(test.open(), test)
    } finally {
      await test.close()
    }
  }

  describe('queues on SQS', () => {
    it('give a message again when its lease has ended, with its deliveries counted', () =>
      withQueues(async queues => {
        await queues.send([message('a')])
        const lost = await take(queues, 'work', 1_000)
        const again = await take(queues, 'work')
        expect(again).toMatchObject({ id: 'a', attempt: 2 })
        for (const use of [queues.done('work', [lost.lease]), queues.bury('work', lost.lease, { reason: 'late' })])
          await use
        expect(await queues.extend('work', [lost.lease, again.lease], 30_000)).toEqual([again.lease])
        expect(await queues.deadLetters('work', 10)).toEqual([])
      }))

    it('leave what becomes due to whoever carries it: who receives asks for no letter, and sends none', () =>
      withQueues(async (carrier, test) => {
        const work = test.open({ carried: true })
        await work.send([message('later', { dueAtMs: Date.now() + 200 })])
        const before = test.spent.length
        expect(await within(work, 'work', 1_500)).toBeUndefined()
        const called = new Set(test.spent.slice(before).map(({ operation }) => operation))
        expect([...called].filter(operation => !/^(ReceiveMessage|GetQueueUrl)$/.test(operation))).toEqual([])
        await carrier.sendDue()
        expect(await take(work, 'work')).toMatchObject({ id: 'later' })
      }))

    it('hide a message that is to be tried again, and hold back the rest of its key behind it', () =>
      withQueues(async queues => {
        await queues.send(['1', '2', '3'].map(id => message(id, { orderKey: 'k' })))
        const first = await take(queues, 'steps')
        expect(first.id).toBe('1')
        await queues.again('steps', first.lease, 2_000)
        expect(await within(queues, 'steps', 1_000)).toBeUndefined()
        const given: string[] = []
        for (let n = 0; n < 3; n++) {
          const { id, lease } = await take(queues, 'steps')
          given.push(id)
          await queues.done('steps', [lease])
        }
        expect(given).toEqual(['1', '2', '3'])
      }))

    it('give one message of a key at a time, and those of other keys meanwhile', () =>
      withQueues(async queues => {
        const ids = ['k.1', 'k.2', 'l.1', 'l.2', 'm.1']
        await queues.send(ids.map(id => message(id, { orderKey: id.slice(0, 1) })))
        const given = [await take(queues, 'steps'), await take(queues, 'steps'), await take(queues, 'steps')]
        expect(given.map(({ id }) => id).sort()).toEqual(['k.1', 'l.1', 'm.1'])
        expect(await within(queues, 'steps', 500)).toBeUndefined()
      }))

    it('keep the order of every key, whoever takes its messages and however often they fail', () =>
      withQueues(async queues => {
        const sent = Array.from({ length: 40 }, (_, n) => message(`k${n % 4}.${n}`, { orderKey: `k${n % 4}` }))
        await queues.send(sent)
        const ended: string[] = []
        const receiver = async (): Promise<void> => {
          while (ended.length < sent.length) {
            const found = await within(queues, 'steps', 2_000)
            if (!found) continue
            const { id, attempt, lease } = found
            if (Number(id.split('.')[1]) % 5 === 0 && attempt === 1) await queues.again('steps', lease, 0)
            else {
              ended.push(id)
              await queues.done('steps', [lease])
            }
          }
        }
        await Promise.all([receiver(), receiver(), receiver()])
        for (const key of ['k0', 'k1', 'k2', 'k3']) {
          const ofKey = (id: string): boolean => id.startsWith(key)
          expect(ended.filter(ofKey)).toEqual(sent.map(({ id }) => id).filter(ofKey))
        }
      }))

    it('lose nothing when the process that holds messages is gone', () =>
      withQueues(async (queues, test) => {
        await queues.send([message('a'), message('later', { dueAtMs: realClock().now() + 3_000 })])
        await take(queues, 'work', 1_000)
        const other = test.open()
        const found = [await take(other, 'work'), await take(other, 'work')]
        expect(found.map(({ id, attempt }) => [id, attempt]).sort()).toEqual([
          ['a', 2],
          ['later', 1],
        ])
      }))

    it('send on what another process has put there for later', () =>
      withQueues(async (queues, test) => {
        const dueAtMs = realClock().now() + 3_000
        await test.open().send([message('later', { dueAtMs })])
        expect(await queues.counts('work')).toMatchObject({ ready: 0, delayed: 1 })
        expect(await take(queues, 'work')).toMatchObject({ id: 'later', attempt: 1 })
        expect(realClock().now()).toBeGreaterThanOrEqual(dueAtMs)
      }))

    it('lose nothing that SQS gives to a receive which was aborted', () =>
      withQueues(async queues => {
        const leaving = new AbortController()
        const none = queues.receive('work', { max: 10, leaseMs: 60_000, signal: leaving.signal })
        leaving.abort()
        expect(await none).toEqual([])
        await queues.send([message('a')])
        expect((await take(queues, 'work')).id).toBe('a')
      }))

    it('count about what is there', () =>
      withQueues(async queues => {
        await queues.send([message('a'), message('b'), message('c', { dueAtMs: realClock().now() + 3_600_000 })])
        await take(queues, 'work')
        await vi.waitFor(
          async () => expect(await queues.counts('work')).toMatchObject({ ready: 1, delayed: 1, leased: 1 }),
          20_000,
        )
        expect((await queues.peek('work', 10)).map(({ id }) => id)).toEqual(['c'])
      }))

    it('take one call for ten messages: to send them, to receive them, to be done with them', () =>
      withQueues(async (queues, test) => {
        await queues.send(Array.from({ length: 20 }, (_, n) => message(`${n}`)))
        let handled = 0
        while (handled < 20) {
          const batch = await queues.receive('work', { max: 10, leaseMs: 30_000, signal: AbortSignal.timeout(30_000) })
          await queues.done(
            'work',
            batch.map(({ lease }) => lease),
          )
          handled += batch.length
        }
        const calls = (operation: string): number => test.spent.filter(each => each.operation === operation).length
        expect(calls('SendMessageBatch')).toBe(2)
        expect(calls('DeleteMessageBatch')).toBeLessThanOrEqual(calls('ReceiveMessage'))
        expect(calls('PutItem')).toBe(0)
      }))
  })
})

describe('queues that are closed', () => {
  it('let go of the connections on which somebody waited', async () => {
    const silent = createServer((request, response) => {
      const asksWhere = String(request.headers['x-amz-target']).endsWith('GetQueueUrl')
      if (asksWhere) response.end(JSON.stringify({ QueueUrl: `http://${request.headers.host}/work.fifo` }))
    })
    const waits = new Promise<void>(resolve => {
      silent.on('request', ({ headers }) => String(headers['x-amz-target']).endsWith('ReceiveMessage') && resolve())
    })
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const open = () => new Promise<number>(resolve => silent.getConnections((_, count) => resolve(count)))
    const sqs = new Sqs({
      clock: realClock(),
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials,
    })
    const received = sqs.receive('work.fifo', { most: 1, waitSeconds: 20, leaseSeconds: 30 })
    await waits
    sqs.close()
    expect(await received).toEqual([])
    await vi.waitFor(async () => expect(await open()).toBe(0), 20_000)
    silent.closeAllConnections()
    await new Promise(resolve => silent.close(resolve))
  })
})
