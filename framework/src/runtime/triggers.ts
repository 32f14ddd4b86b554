/** What makes handlers run besides requests: messages, time, changes, alarms. */
import type { Drivers } from '../contract/drivers.ts'
import type { NamedHandler, Parts } from '../plan/parts.ts'
import { alarmWatch } from './alarms.ts'
import type { CallKit } from './call.ts'
import { consumerFeed, mailFeed, reactionFeed, retentionFeed, run, subscriberFeed } from './feeds.ts'
import type { Feed } from './pump.ts'
import { retain } from './retention.ts'
import type { Ticker, Ticking } from './schedules.ts'
import { type ViewKeeper, viewKeeper } from './views.ts'
import type { Wiring } from './wiring.ts'

export function viewsIn({ handlers }: Parts, kit: CallKit, wired: Wiring): readonly ViewKeeper[] {
  return handlers.flatMap(named => {
    const { handler } = named
    return handler.kind === 'view' ? [viewKeeper(kit, wired, { ...named, handler })] : []
  })
}

/** All that time triggers here. `all`: the whole plan, of which alarms know everybody who listens to them. */
export function timed(parts: Parts, all: Parts, drivers: Drivers, kit: CallKit, wired: Wiring): readonly Ticking[] {
  const looks = parts.alarms.length > 0 ? alarmTicking(all, drivers, kit) : []
  return [...ticking(parts, wired), ...retaining(parts, drivers), ...looks]
}

export function feedsOf(
  { handlers, resources }: Parts,
  drivers: Drivers,
  wired: Wiring,
  times: Ticker,
): readonly Feed[] {
  const ofHandlers = handlers.flatMap(({ service, name, handler }) => {
    if (handler.kind === 'consumer') return [consumerFeed(wired, { service, name, handler })]
    if (handler.kind === 'subscriber') return [subscriberFeed(wired, { service, name, handler })]
    if (handler.kind === 'reaction') return [reactionFeed(wired, { service, name, handler })]
    if (handler.kind === 'retention' && handler.also) return [retentionFeed(times, { service, name, handler })]
    return []
  })
  const mailboxes = resources.filter(resource => resource.kind === 'mailbox')
  return [...ofHandlers, ...mailboxes.map(mailbox => mailFeed(mailbox, drivers.mail))]
}

function ticking({ handlers }: Parts, wired: Wiring): readonly Ticking[] {
  return handlers.flatMap(({ service, name, handler }) => {
    if (handler.kind !== 'schedule') return []
    const clients = wired.clients(handler.uses)
    const { when, timeoutMs } = handler
    const runs: Ticking['run'] = (call, tick) => run(handler.handle, call, clients, { tick })
    return [{ service: service.name, name, when, timeoutMs, run: runs }]
  })
}

function retaining({ handlers }: Parts, { store, buckets }: Drivers): readonly Ticking[] {
  return handlers.flatMap(({ service, name, handler }) => {
    if (handler.kind !== 'retention') return []
    const parts = { store, buckets, name: `${service.name}/${name}`, retention: handler }
    const { when, timeoutMs } = handler
    return [{ service: service.name, name, when, timeoutMs, run: call => retain(parts, call) }]
  })
}

export function alarmTicking(parts: Parts, { store, queues }: Drivers, kit: CallKit): readonly Ticking[] {
  if (parts.alarms.length === 0) return []
  const triggered = (named: NamedHandler): boolean =>
    named.handler.kind === 'reaction' || (named.handler.kind === 'retention' && named.handler.also !== undefined)
  const viewQueue = (view: string): string | undefined => {
    const found = parts.handlers.find(({ handler }) => handler.kind === 'view' && handler.name === view)
    return found && `${found.service.name}.${found.name}`
  }
  const reactions = parts.handlers.filter(triggered)
  return [alarmWatch({ kit, store, queues, alarms: parts.alarms, reactions, viewQueue })]
}
