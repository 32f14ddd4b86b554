/**
 * Shares: which part of a plan a process runs. Several processes may divide the services of a plan among them; what the
 * framework does for all of them (it sends on what waits in the outbox, delivers mail, looks at alarms) is done by those
 * that carry.
 */
import type { Parts } from '../plan/parts.ts'
import type { RunningCall } from './call.ts'
import type { CarriedRequest } from './clients/service.ts'
import type { Answer } from './door.ts'

export interface Share {
  /** Whose handlers run here, and whose gateways stand here. */
  readonly services: readonly string[]
  /** Whether what is done for all services is done here, too. */
  readonly carries: boolean
}

/**
 * Brings a request to a service that runs elsewhere. Who asks is told of nothing more once `from.signal` is aborted.
 * Faults: `service-unavailable`.
 */
export type AskElsewhere = (request: CarriedRequest, from: Pick<RunningCall, 'signal'>) => Promise<Answer>

/** The parts that a process has: handlers of its services, their gateways, and what these use. */
export function partsOfShare(all: Parts, { services, carries }: Share): Parts {
  const isOwn = ({ name }: { readonly name: string }): boolean => services.includes(name)
  const gateways = all.gateways.filter(({ gateway }) => isOwn(gateway.service))
  const handlers = all.handlers.filter(({ service }) => isOwn(service))
  const callers = new Set(handlers.flatMap(({ handler }) => (handler.kind === 'endpoint' ? [handler.caller] : [])))
  const uses = all.uses.filter(({ by }) => ('service' in by ? isOwn(by.service) : callers.has(by)))
  const used = new Set(uses.map(({ grant }) => grant.resource))
  const resources = all.resources.filter(each => (each.kind === 'mailbox' ? carries : used.has(each)))
  return { ...all, gateways, handlers, uses, resources, alarms: carries ? all.alarms : [] }
}
