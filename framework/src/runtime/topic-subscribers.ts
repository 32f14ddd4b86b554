/** Who listens to which topic. */
import { handlerQueue } from '../contract/names.ts'
import type { Resource } from '../plan/grant.ts'
import type { AnyService } from '../plan/service.ts'
import type { Subscriber } from '../plan/subscriber.ts'

export function subscribersByTopic(services: readonly AnyService[]): ReadonlyMap<Resource, readonly string[]> {
  const found = new Map<Resource, string[]>()
  for (const service of services) {
    for (const [name, handler] of Object.entries(service.handlers)) {
      if (handler.kind !== 'subscriber') continue
      const { to } = handler as Subscriber
      if (to.source !== 'topic') continue
      found.set(to.of, [...(found.get(to.of) ?? []), handlerQueue(service.name, name)])
    }
  }
  return found
}
