/**
 * What happens to orders, as it happens: a view of their log by day, which the board watches.
 */
import { endpoint, stream, view } from 'groundplan'
import { operator } from '../callers.ts'
import { Activity, activityOf, KeptActivity } from '../model/activity.ts'
import { pageOf } from '../model/ids.ts'
import { orderLog } from '../resources.ts'
import { added, merged } from './merged.ts'

export const activity = view('activity', {
  from: orderLog,
  item: KeptActivity,
  key: ['day', 'place'],
  project: activityOf,
})

const dayMs = 86_400_000

function dayOf(at: Date, later = 0): { readonly day: string } {
  return { day: new Date(at.getTime() + later * dayMs).toISOString().slice(0, 10) }
}

export const liveOrders = endpoint('GET /live', {
  summary: 'Each step of an order from now on',
  description: 'Read the board once the stream is open: what came before is not told again.',
  caller: operator,
  returns: stream(Activity),
  uses: { activity: activity.watcher },
  // A stream ends after an hour at most, so it never needs more than two days.
  handle: ({ at }, { activity }) => added(merged([activity.changes(dayOf(at)), activity.changes(dayOf(at, 1))])),
})

export const recentActivity = endpoint('GET /activity', {
  summary: 'The last steps of orders, of today and yesterday, the newest first',
  caller: operator,
  returns: pageOf(Activity),
  uses: { activity: activity.reader },
  async handle({ at }, { activity }) {
    const today = await activity.query(dayOf(at), { limit: 50, reverse: true })
    const yesterday = await activity.query(dayOf(at, -1), { limit: 50, reverse: true })
    return { items: [...today.items, ...yesterday.items].slice(0, 50) }
  },
})
