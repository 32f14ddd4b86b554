/**
 * The promises of queues: what is sent comes, once due, at least once, one holder at a time. Order, dead letters and
 * the random runs against a model stand in files of their own; `queuePromises` has them all.
 */
import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { expect } from 'vitest'
import { limits } from '../limits.ts'
import type { Queues } from '../queue.ts'
import type { Promises } from './promises.ts'
import { deadLetterPromises } from './queue-dead-letters.ts'
import { queueModelPromises } from './queue-model.ts'
import { orderPromises } from './queue-order.ts'
import {
  day,
  hour,
  ids,
  message,
  messages,
  minute,
  other,
  promise,
  type QueueNeeds,
  type QueueSubject,
  receiving,
  second,
  steps,
  take,
  takeMany,
  takeOne,
  takeWhatIsDue,
  work,
} from './queue-tools.ts'

export type { QueueNeeds, QueueSubject } from './queue-tools.ts'

type QueuePromises = Promises<QueueSubject, QueueNeeds>

/** Any UTF-16 units, half characters too: JSON can say them all. */
const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 300 }).map(units => String.fromCharCode(...units))

const sending: QueuePromises = {
  'gives a message as it was sent': promise(async ({ queues, time }) => {
    const sentAtMs = time.clock.now()
    await queues.send([message('a', { body: '{"n": [1, 2]}', headers: { trace: 't-1', sender: 'backend' } })])
    const { lease, ...given } = await takeOne(queues, work)
    expect(given).toEqual({
      queue: work,
      id: 'a',
      body: '{"n": [1, 2]}',
      headers: { trace: 't-1', sender: 'backend' },
      sentAtMs,
      attempt: 1,
    })
    expect(lease).not.toBe('')
  }),

  'gives bodies back letter by letter, whatever they say': promise(async ({ queues }) => {
    const nasty = [
      '',
      '\0',
      '\u001f\u007f',
      '\ud800',
      'a\udc00b',
      '\ufffe\uffff',
      '👩‍👩‍👧‍👦',
      '\u2028\u2029',
      '\u202eabc',
      `'";--`,
      '\r\n',
    ]
    const bodies = [...nasty, ...fc.sample(anyText, { numRuns: 30, seed: 7 })].map(text => JSON.stringify({ text }))
    await queues.send(bodies.map((body, index) => message(String(index), { body })))
    const given = await takeMany(queues, work, bodies.length)
    const inOrder = given.sort((one, another) => Number(one.id) - Number(another.id))
    expect(inOrder.map(({ body }) => body)).toEqual(bodies)
  }),

  'takes any text without NUL as an id, an order key and a header': promise(async ({ queues }) => {
    const texts = ['ü', '日本語', '👩‍👩‍👧', `a"b'c\\d`, 'a b\n\tc', 'a/b%2fc?d#e', '__proto__', ' ', 'x'.repeat(500)]
    await queues.send(texts.map(text => message(text, { orderKey: text, headers: { text } })))
    const given = await takeMany(queues, steps, texts.length)
    const shown = given.map(({ id, orderKey, headers }) => ({ id, orderKey, headers }))
    expect(shown).toHaveLength(texts.length)
    expect(shown).toEqual(expect.arrayContaining(texts.map(text => ({ id: text, orderKey: text, headers: { text } }))))
  }),

  'keeps a body of 256 KB and refuses one byte more, counted in UTF-8': promise(async ({ queues }) => {
    const letters = JSON.stringify('x'.repeat(limits.messageBytes - 2))
    // Three bytes each, and one more to fill up.
    const signs = JSON.stringify(`${'語'.repeat((limits.messageBytes - 4) / 3)}xx`)
    expect(Buffer.byteLength(letters)).toBe(256 * 1_024)
    expect(Buffer.byteLength(signs)).toBe(256 * 1_024)
    await queues.send([message('letters', { body: letters }), message('signs', { body: signs })])
    const given = await takeMany(queues, work, 2)
    expect(Object.fromEntries(given.map(({ id, body }) => [id, body]))).toEqual({ letters, signs })
    for (const body of [letters, signs].map(text => text.replace(/"$/, 'x"'))) {
      const refused = queues.send([message('more', { body })])
      await expect(refused).rejects.toMatchObject({ code: 'message-too-large' })
    }
    expect(await takeWhatIsDue(queues, work)).toEqual([])
  }),

  'keeps none of the messages sent together when one is refused': promise(async ({ queues }) => {
    const tooLarge = message('b', { body: JSON.stringify('x'.repeat(limits.messageBytes)) })
    const sent = queues.send([message('a'), tooLarge, message('c', { queue: other })])
    await expect(sent).rejects.toMatchObject({ code: 'message-too-large' })
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    expect(await takeWhatIsDue(queues, other)).toEqual([])
  }),

  'refuses a delay on an ordered queue': promise(async ({ queues, time }) => {
    const sent = queues.send([message('a', { orderKey: 'k', dueAtMs: time.clock.now() + second })])
    await expect(sent).rejects.toMatchObject({ code: 'delay-on-ordered-queue' })
    expect(await takeWhatIsDue(queues, steps)).toEqual([])
  }),

  'keeps any number of messages sent together, to several queues': promise(async ({ queues }) => {
    const sent = messages(125).flatMap(one => [one, { ...one, queue: other }])
    await queues.send(sent)
    await queues.send([])
    const given = [...(await takeMany(queues, work, 125)), ...(await takeMany(queues, other, 125))]
    const names = (found: readonly { queue: string; id: string }[]) => found.map(({ queue, id }) => `${queue} ${id}`)
    expect(names(given).sort()).toEqual(names(sent).sort())
  }),

  'gives at most as many messages at once as asked for': promise(async ({ queues }) => {
    await queues.send(messages(60))
    for (let max = 1; max <= 10; max++) {
      const batch = await take(queues, work, { max })
      expect(batch.length).toBeGreaterThan(0)
      expect(batch.length).toBeLessThanOrEqual(max)
    }
  }),
}

const repeatedIds: QueuePromises = {
  'takes the same id as the same message, and keeps the first': promise(async ({ queues }) => {
    await queues.send([message('a', { body: '1' }), message('a', { body: '2' }), message('b')])
    await queues.send([message('a', { body: '3' })])
    const given = await takeMany(queues, work, 2)
    expect(given.map(({ id, body }) => [id, body]).sort()).toEqual([
      ['a', '1'],
      ['b', '{"of":"b"}'],
    ])
    expect(await takeWhatIsDue(queues, work)).toEqual([])
  }),

  'takes the same id on two queues as two messages': promise(async ({ queues }) => {
    await queues.send([message('a'), message('a', { queue: other }), message('a', { orderKey: 'k' })])
    for (const queue of [work, other, steps]) expect(ids(await take(queues, queue))).toEqual(['a'])
  }),

  'knows an id again for 5 minutes to the millisecond, which repeating does not prolong': promise(
    async ({ queues, time }) => {
      const again = async (): Promise<readonly string[]> => {
        await queues.send([message('a')])
        const found = await takeWhatIsDue(queues, work)
        for (const { lease } of found) await queues.done(work, [lease])
        return ids(found)
      }
      expect(await again()).toEqual(['a'])
      await time.advance(2 * minute)
      expect(await again()).toEqual([])
      await time.advance(3 * minute - 1)
      expect(await again()).toEqual([])
      await time.advance(1)
      expect(await again()).toEqual(['a'])
      expect(await again()).toEqual([])
    },
  ),

  'knows an id again after done, purge and redrive': promise(async ({ queues }) => {
    await queues.send([message('done'), message('purged'), message('driven')])
    for (const { id, lease } of await takeMany(queues, work, 3)) {
      if (id === 'done') await queues.done(work, [lease])
      else if (id === 'driven') await queues.bury(work, lease, { reason: 'no' })
      else await queues.again(work, lease, 0)
    }
    await queues.purge(work, 'waiting')
    await queues.redrive(work)
    await queues.send([message('done'), message('purged'), message('driven')])
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['driven'])
  }),

  'has two messages of one id when the first still waits after 5 minutes': promise(async ({ queues, time }) => {
    await queues.send([message('a', { body: '1' })])
    await time.advance(5 * minute)
    await queues.send([message('a', { body: '2' })])
    const given = await takeMany(queues, work, 2)
    expect(given.map(({ body }) => body).sort()).toEqual(['1', '2'])
    await queues.done(
      work,
      given.filter(({ body }) => body === '1').map(({ lease }) => lease),
    )
    await time.advance(minute)
    expect((await takeWhatIsDue(queues, work)).map(({ body }) => body)).toEqual(['2'])
  }),
}

const waiting: QueuePromises = {
  'lets a receive wait for the first message': promise(async ({ queues, time }) => {
    const waits = receiving(queues, work)
    await time.advance(hour)
    expect(waits.hasGiven()).toBe(false)
    await queues.send([message('elsewhere', { queue: other })])
    await time.advance(0)
    expect(waits.hasGiven()).toBe(false)
    await queues.send([message('a')])
    expect(ids(await waits.given)).toEqual(['a'])
  }),

  'wakes a waiting receive when a message becomes due': promise(async ({ queues, time }) => {
    const waits = receiving(queues, work)
    await queues.send([message('a', { dueAtMs: time.clock.now() + 10 * second })])
    await time.advance(10 * second - 1)
    expect(waits.hasGiven()).toBe(false)
    await time.advance(1)
    expect(ids(await waits.given)).toEqual(['a'])
  }),

  'wakes a waiting receive for what is due first, whichever was sent first': promise(async ({ queues, time }) => {
    const waits = receiving(queues, work)
    const nowMs = time.clock.now()
    await queues.send([message('later', { dueAtMs: nowMs + hour }), message('sooner', { dueAtMs: nowMs + minute })])
    await time.advance(minute)
    expect(ids(await waits.given)).toEqual(['sooner'])
  }),

  'wakes a waiting receive when a lease ends, and not before an extended one does': promise(
    async ({ queues, time }) => {
      await queues.send([message('a')])
      const { lease } = await takeOne(queues, work, 10 * second)
      const waits = receiving(queues, work)
      await queues.extend(work, [lease], 30 * second)
      await time.advance(30 * second - 1)
      expect(waits.hasGiven()).toBe(false)
      await time.advance(1)
      expect(await waits.given).toMatchObject([{ id: 'a', attempt: 2 }])
    },
  ),

  'wakes a waiting receive when a message is given back or redriven': promise(async ({ queues }) => {
    await queues.send([message('a')])
    const first = await takeOne(queues, work)
    const waits = receiving(queues, work)
    await queues.again(work, first.lease, 0)
    const [again] = await waits.given
    expect(again).toMatchObject({ id: 'a', attempt: 2 })
    await queues.bury(work, again?.lease ?? '', { reason: 'no' })
    const waitsMore = receiving(queues, work)
    await queues.redrive(work)
    expect(ids(await waitsMore.given)).toEqual(['a'])
  }),

  'gives each of several waiting receives its own message': promise(async ({ queues }) => {
    const waits = Array.from({ length: 5 }, () => receiving(queues, work, { max: 1 }))
    for (const one of messages(5)) await queues.send([one])
    const given = await Promise.all(waits.map(({ given }) => given))
    expect(ids(given.flat()).slice().sort()).toEqual(['1', '2', '3', '4', '5'])
  }),

  'gives nothing to an aborted receive, and leases nothing for it': promise(async ({ queues }) => {
    const waits = receiving(queues, work)
    waits.abort()
    expect(await waits.given).toEqual([])
    await queues.send([message('a')])
    expect(await queues.receive(work, { max: 10, leaseMs: minute, signal: AbortSignal.abort() })).toEqual([])
    expect(await takeOne(queues, work)).toMatchObject({ id: 'a', attempt: 1 })
  }),

  'loses nothing between aborts and sends at the same moment': promise(async ({ queues }) => {
    const handled: string[] = []
    for (const one of messages(40)) {
      const waits = receiving(queues, work, { max: 3 })
      const sent = queues.send([one])
      waits.abort()
      await sent
      handled.push(...ids(await waits.given))
    }
    const rest = await takeWhatIsDue(queues, work)
    // What was given belongs to who waited, the rest was never leased.
    expect(rest.every(({ attempt }) => attempt === 1)).toBe(true)
    expect([...handled, ...ids(rest)].map(Number).sort((a, b) => a - b)).toEqual(
      messages(40).map(({ id }) => Number(id)),
    )
  }),
}

const delays: QueuePromises = {
  'gives a message from its due time on, to the millisecond': promise(async ({ queues, time }) => {
    const nowMs = time.clock.now()
    await queues.send([message('a', { dueAtMs: nowMs + 1_234 }), message('b', { dueAtMs: nowMs + 1_235 })])
    await time.advance(1_233)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    await time.advance(1)
    expect(await takeWhatIsDue(queues, work)).toMatchObject([{ id: 'a', attempt: 1, sentAtMs: nowMs }])
    await time.advance(1)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['b'])
  }),

  'gives a message that is due in 90 days in 90 days': promise(async ({ queues, time }) => {
    await queues.send([message('a', { dueAtMs: time.clock.now() + 90 * day })])
    for (const ms of [16 * minute, 12 * hour, 89 * day]) {
      await time.advance(ms)
      expect(await takeWhatIsDue(queues, work)).toEqual([])
    }
    await time.advance(day)
    expect(await takeOne(queues, work)).toMatchObject({ id: 'a', attempt: 1 })
  }),

  'gives a message that was due before it was sent at once': promise(async ({ queues, time }) => {
    const sentAtMs = time.clock.now()
    await queues.send([message('a', { dueAtMs: sentAtMs - day }), message('b', { dueAtMs: 0 })])
    // Nobody was behind before it was sent.
    expect(await queues.counts(work)).toMatchObject({ ready: 2, delayed: 0, oldestDueAtMs: sentAtMs })
    expect(
      ids(await takeMany(queues, work, 2))
        .slice()
        .sort(),
    ).toEqual(['a', 'b'])
  }),
}

const leases: QueuePromises = {
  'hides a leased message until its lease ends, to the millisecond': promise(async ({ queues, time }) => {
    await queues.send([message('a')])
    await takeOne(queues, work, 5 * second)
    await time.advance(5 * second - 1)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    await time.advance(1)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual(['a'])
  }),

  'holds a lease of 12 hours': promise(async ({ queues, time }) => {
    await queues.send([message('a')])
    const { lease } = await takeOne(queues, work, 12 * hour)
    await time.advance(12 * hour - 1)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    await queues.done(work, [lease])
    await time.advance(day)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
  }),

  'counts the deliveries of a message that kills whoever takes it': promise(async ({ queues, time }) => {
    await queues.send([message('poison')])
    for (let attempt = 1; attempt <= 12; attempt++) {
      expect(await takeOne(queues, work, 2 * second)).toMatchObject({ id: 'poison', attempt })
      await time.advance(2 * second)
    }
  }),

  'never gives a message again that is done': promise(async ({ queues, time }) => {
    await queues.send(messages(3))
    const given = await takeMany(queues, work, 3)
    await queues.done(work, [])
    await queues.done(
      work,
      given.map(({ lease }) => lease),
    )
    await queues.done(work, [given[0]?.lease ?? '', 'no lease at all'])
    await time.advance(day)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
  }),

  'does of several what still can be done': promise(async ({ queues, time }) => {
    await queues.send(messages(2))
    const short = await takeOne(queues, work, second)
    const long = await takeOne(queues, work, minute)
    await time.advance(second)
    await queues.done(work, [short.lease, long.lease])
    await time.advance(day)
    expect(ids(await takeWhatIsDue(queues, work))).toEqual([short.id])
  }),

  'gives a message again after its delay, with its attempts': promise(async ({ queues, time }) => {
    await queues.send([message('a')])
    for (const [attempt, delayMs] of [0, 1, 7 * second, hour].entries()) {
      const found = await takeOne(queues, work)
      expect(found).toMatchObject({ id: 'a', attempt: attempt + 1 })
      await queues.again(work, found.lease, delayMs)
      if (delayMs > 0) {
        await time.advance(delayMs - 1)
        expect(await takeWhatIsDue(queues, work)).toEqual([])
        await time.advance(1)
      }
    }
    expect(await takeOne(queues, work)).toMatchObject({ id: 'a', attempt: 5 })
  }),

  'extends from now on the leases that hold, longer or shorter, and says which': promise(async ({ queues, time }) => {
    await queues.send(messages(3))
    const lost = await takeOne(queues, work, second)
    const longer = await takeOne(queues, work, 5 * second)
    const shorter = await takeOne(queues, work, hour)
    await time.advance(4 * second)
    const held = await queues.extend(work, [lost.lease, longer.lease, shorter.lease, 'no lease'], 3 * second)
    expect(held.slice().sort()).toEqual([longer.lease, shorter.lease].sort())
    expect(ids(await takeWhatIsDue(queues, work))).toEqual([lost.id])
    await time.advance(3 * second - 1)
    expect(await takeWhatIsDue(queues, work)).toEqual([])
    await time.advance(1)
    expect(
      ids(await takeWhatIsDue(queues, work))
        .slice()
        .sort(),
    ).toEqual([longer.id, shorter.id].sort())
  }),

  'changes nothing for a lease that ran out, before somebody else takes the message': promise(
    async ({ queues, time }) => {
      await queues.send([message('a')])
      const lost = await takeOne(queues, work, second)
      await time.advance(second)
      await useLost(queues, lost.lease)
      expect(await takeWhatIsDue(queues, work)).toMatchObject([{ id: 'a', attempt: 2 }])
      expect(await queues.deadLetters(work, 10)).toEqual([])
    },
  ),

  'changes nothing for a lease that ran out, after somebody else took the message': promise(
    async ({ queues, time }) => {
      await queues.send([message('a')])
      const lost = await takeOne(queues, work, second)
      await time.advance(second)
      const held = await takeOne(queues, work, 10 * second)
      expect(held.lease).not.toBe(lost.lease)
      await useLost(queues, lost.lease)
      await time.advance(10 * second - 1)
      expect(await takeWhatIsDue(queues, work)).toEqual([])
      await queues.done(work, [held.lease])
      await time.advance(day)
      expect(await takeWhatIsDue(queues, work)).toEqual([])
      expect(await queues.deadLetters(work, 10)).toEqual([])
    },
  ),

  'changes nothing for a lease that was used already': promise(async ({ queues }) => {
    await queues.send([message('a')])
    const used = await takeOne(queues, work)
    await queues.again(work, used.lease, 0)
    await useLost(queues, used.lease)
    const held = await takeOne(queues, work)
    expect(held).toMatchObject({ id: 'a', attempt: 2 })
    await useLost(queues, used.lease)
    expect(await queues.extend(work, [held.lease], minute)).toEqual([held.lease])
  }),
}

/** Everything a holder could do with a lease, each of which must have no effect. */
async function useLost(queues: Queues, lease: string): Promise<void> {
  await queues.done(work, [lease])
  await queues.again(work, lease, hour)
  await queues.bury(work, lease, { reason: 'too late' })
  expect(await queues.extend(work, [lease], hour)).toEqual([])
}

const volume: QueuePromises = {
  'gives each of 1,000 messages once to 20 receivers that all answer': promise(async ({ queues }) => {
    const sent = messages(1_000)
    const handled: string[] = []
    const stop = new AbortController()
    setMaxListeners(20, stop.signal)
    const receiver = async (max: number): Promise<void> => {
      while (!stop.signal.aborted) {
        const batch = await queues.receive(work, { max, leaseMs: hour, signal: stop.signal })
        handled.push(...ids(batch))
        const [first, ...rest] = batch.map(({ lease }) => lease)
        if (first) await queues.done(work, [first])
        await queues.done(work, rest)
        if (handled.length >= sent.length) stop.abort()
      }
    }
    const receivers = Array.from({ length: 20 }, (_, index) => receiver(1 + (index % 10)))
    for (let at = 0; at < sent.length; at += 25) await queues.send(sent.slice(at, at + 25))
    await Promise.all(receivers)
    expect(handled).toHaveLength(1_000)
    expect(new Set(handled)).toEqual(new Set(ids(sent)))
    expect(await queues.counts(work)).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 })
  }),
}

const durability: QueuePromises = {
  'keeps messages, leases, attempts and dead letters when its process is killed': promise(async subject => {
    const { queues, time } = subject
    if (!subject.reopen) throw new Error('this engine keeps nothing')
    const sent = [message('delayed', { dueAtMs: time.clock.now() + hour }), message('taken'), message('dead')]
    await queues.send(sent.slice(1))
    for (const { id, lease } of await takeMany(queues, work, 2, minute)) {
      if (id === 'dead') await queues.bury(work, lease, { reason: 'broken', trace: 't-9' })
    }
    await queues.send([...messages(3, { orderKey: 'k' }), ...sent.slice(0, 1)])
    const reopened = await subject.reopen()
    expect(await takeWhatIsDue(reopened, work)).toEqual([])
    expect(await reopened.deadLetters(work, 10)).toMatchObject([{ id: 'dead', reason: 'broken', trace: 't-9' }])
    await time.advance(minute)
    expect(await takeWhatIsDue(reopened, work)).toMatchObject([{ id: 'taken', attempt: 2 }])
    await reopened.send([message('taken')])
    expect(await takeWhatIsDue(reopened, work)).toEqual([])
    await time.advance(hour)
    expect(ids(await takeWhatIsDue(reopened, work))).toContain('delayed')
    for (const id of ['1', '2', '3']) {
      const step = await takeOne(reopened, steps)
      expect(step.id).toBe(id)
      await reopened.done(steps, [step.lease])
    }
  }),
}

/** All promises of queues. Time to the millisecond can only be promised on a clock of ours. */
export const queuePromises: QueuePromises = {
  ...sending,
  ...repeatedIds,
  ...waiting,
  ...delays,
  ...leases,
  ...orderPromises,
  ...deadLetterPromises,
  ...volume,
  ...queueModelPromises,
  ...durability,
}
