import { expect, test } from 'vitest'
import { z } from 'zod'
import { check, notesOn } from '../check.ts'
import { consumer } from '../consumer.ts'
import type { Uses } from '../grant.ts'
import { plan } from '../plan.ts'
import { queue } from '../queue.ts'
import { schedule } from '../schedule.ts'
import { type Handlers, service } from '../service.ts'
import { subscriber } from '../subscriber.ts'
import { marksIn } from '../test/marks.ts'
import { topic } from '../topic.ts'

const { at, lines } = marksIn(import.meta.url)
const Job = z.object({ id: z.string() })
const of = (handlers: Handlers) => plan('shop', { services: [service('work', handlers)] })
const doing = (uses: Uses) => schedule({ every: '1 hour' }, { uses, handle: () => {} })

test('a queue that is sent to needs a consumer', () => {
  // at: jobs
  const jobs = queue('jobs', { message: Job })
  expect(lines(check(of({ send: doing({ jobs: jobs.sender }) })))).toEqual([
    `${at('jobs')}  Nobody consumes the queue "jobs": its messages wait for ever — give a service a consumer of it`,
  ])
})

test('a queue has one consumer', () => {
  // at: shared
  const jobs = queue('jobs', { message: Job })
  // at: one
  const one = consumer(jobs, { handle: () => {} })
  // at: two
  const two = consumer(jobs, { handle: () => {} })
  expect(lines(check(of({ one, two, send: doing({ jobs: jobs.sender }) })))).toEqual([
    `${at('one')}  The queue "jobs" is consumed by "work/one" and "work/two": each message reaches only one of them (also ${at('two')}, ${at('shared')}) — keep one consumer; for several listeners make it a topic`,
  ])
})

test('a consumer may not take longer than the lease of its queue', () => {
  // at: leased
  const jobs = queue('jobs', { message: Job, lease: '30 seconds' })
  // at: slow
  const slow = consumer(jobs, { timeout: '2 minutes', handle: () => {} })
  expect(lines(check(of({ slow, send: doing({ jobs: jobs.sender }) })))).toEqual([
    `${at('slow')}  The consumer "slow" of the service "work" may take 120000 ms, and the lease of "jobs" ends after 30000 ms (also ${at('leased')}) — lengthen the lease, or shorten the time-out`,
  ])
})

test('what flows from nobody or to nobody, and loses no promise, is a note and no mistake', () => {
  // at: waiting
  const waiting = queue('waiting', { message: Job })
  // at: unheard
  const unheard = topic('unheard', { event: Job })
  // at: silent
  const silent = topic('silent', { event: Job })
  const whole = of({
    consume: consumer(waiting, { handle: () => {} }),
    publish: doing({ unheard: unheard.publisher }),
    listen: subscriber(silent, { handle: () => {} }),
  })
  expect(lines(check(whole))).toEqual([])
  expect(lines(notesOn(whole))).toEqual([
    `${at('waiting')}  The queue "waiting" is consumed, and nobody sends to it — let a handler use its \`sender\`, or remove it`,
    `${at('unheard')}  The topic "unheard" is published, and nobody subscribes: its events are lost — give a service a subscriber, if somebody should hear`,
    `${at('silent')}  The topic "silent" has subscribers, and nobody publishes — let a handler use its \`publisher\`, or remove it`,
  ])
})
