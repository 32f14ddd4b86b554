/**
 * What a runtime that works when it is called does besides answering: messages that are handed to it, ticks, and what the
 * framework does for all services.
 */
import type { ObjectCreatedMessage } from '../contract/bucket.ts'
import type { PlanShape } from '../contract/drivers.ts'
import { fault, isFault } from '../contract/problems.ts'
import type { Leased } from '../contract/queue.ts'
import type { HandedQueues } from '../contract/queue-handed.ts'
import type { Parts } from '../plan/parts.ts'
import type { CallKit } from './call.ts'
import { deliver } from './deliver.ts'
import { digestOf } from './entropy.ts'
import type { InvokedDrivers, InvokedRuntime } from './invoked.ts'
import type { Feed } from './pump.ts'
import { drain } from './relay.ts'
import { ticker } from './schedules.ts'
import { alarmTicking, feedsOf, timed, viewsIn } from './triggers.ts'
import type { ViewKeeper } from './views.ts'
import type { Wiring } from './wiring.ts'

export type InvokedWork = Pick<InvokedRuntime, 'deliver' | 'tick' | 'sendOn' | 'eachMinute' | 'created'>

export interface WorkParts {
  readonly all: Parts
  /** What runs here. */
  readonly own: Parts
  readonly shape: PlanShape
  readonly drivers: InvokedDrivers
  readonly kit: CallKit
  readonly wired: Wiring
}

export function invokedWork({ all, own, shape, drivers, kit, wired }: WorkParts): InvokedWork {
  const times = ticker(kit, drivers.schedules, timed(own, all, drivers, kit, wired), false)
  const views = viewsIn(own, kit, wired)
  const feeds = [...feedsOf(own, drivers, wired, times), ...views.map(({ feed }) => feed)]
  return {
    deliver: (queue, messages) => delivered(kit, drivers.queues, { feeds, views }, queue, messages),
    async tick(schedule) {
      const [service = '', name = ''] = schedule.split('/')
      await times.runDue(service, name)
    },
    sendOn: () => drain(drivers.store.outbox, drivers.queues, kit.stopping),
    async eachMinute() {
      await drivers.queues.sendDue()
      await drain(drivers.store.outbox, drivers.queues, kit.stopping)
      const alarms = alarmTicking(all, drivers, kit)
      const watch = ticker(kit, drivers.schedules, alarms, false)
      for (const { service, name } of alarms) await unlessRunning(watch.runDue(service, name))
    },
    async created(message: ObjectCreatedMessage) {
      const { createdTo = [] } = shape.buckets.find(({ name }) => name === message.bucket) ?? {}
      const body = JSON.stringify(message)
      await drivers.queues.send(createdTo.map(queue => ({ queue, id: digestOf(`${queue}/${body}`), body })))
    },
  }
}

/** Whoever looks already does what was to be done now; the next minute comes anyway. */
async function unlessRunning(looked: Promise<void>): Promise<void> {
  try {
    await looked
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
  }
}

interface Fed {
  readonly feeds: readonly Feed[]
  readonly views: readonly ViewKeeper[]
}

async function delivered(
  kit: CallKit,
  queues: HandedQueues,
  { feeds, views }: Fed,
  queue: string,
  messages: readonly Leased[],
): Promise<readonly Leased[]> {
  const feed = feeds.find(each => each.queue === queue)
  if (!feed) throw fault('no-such-route', `nothing here takes messages from "${queue}"`)
  await views.find(view => view.feed === feed)?.buildIfNew()
  return deliver(kit, queues, feed, messages, queues.isOrdered(queue) ?? false)
}
