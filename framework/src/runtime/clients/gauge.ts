/**
 * The client of a view's `gauge`: how far it is behind its source, told by the queue of changes in front of it.
 */
import { handlerQueue } from '../../contract/names.ts'
import { fault } from '../../contract/problems.ts'
import type { Queues } from '../../contract/queue.ts'
import type { Resource } from '../../plan/grant.ts'
import type { AnyService } from '../../plan/service.ts'
import type { Gauge } from '../../plan/view.ts'
import type { RunningCall } from '../call.ts'

interface GaugeParts {
  readonly services: readonly AnyService[]
  readonly queues: Queues
}

export function viewGauge(view: Resource, { services, queues }: GaugeParts): (call: RunningCall) => unknown {
  const queue = feedOf(view, services)
  return ({ session, kit }): Gauge => ({
    lag: async () => {
      const counts = await session.spanned(`${view.name}.lag`, () => queues.counts(queue))
      const { oldestDueAtMs, ready, delayed, leased, dead } = counts
      const lagMs = oldestDueAtMs === undefined ? 0 : Math.max(0, kit.clock.now() - oldestDueAtMs)
      return { lagMs, waiting: ready + delayed + leased, dead }
    },
  })
}

/** The queue of changes that the view's keeper works off. */
function feedOf(view: Resource, services: readonly AnyService[]): string {
  for (const service of services) {
    for (const [name, handler] of Object.entries(service.handlers)) {
      if (Object.is(handler, view)) return handlerQueue(service.name, name)
    }
  }
  throw fault('unsupported', `no service keeps the view "${view.name}"`)
}
