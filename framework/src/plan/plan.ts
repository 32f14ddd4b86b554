/**
 * `plan`: the typed declaration of one system, and all there is of it.
 */
import type { Alarm } from './alarm.ts'
import type { AnyGateway } from './gateway.ts'
import { calledFrom, type Place } from './place.ts'
import type { AnyService } from './service.ts'
import type { Site } from './site.ts'

export type Gateways = Readonly<Record<string, AnyGateway>>

export interface Plan<G extends Gateways = Gateways> {
  readonly kind: 'plan'
  readonly name: string
  readonly title?: string
  readonly gateways: G
  readonly services: readonly AnyService[]
  readonly sites: readonly Site[]
  readonly alarms: readonly Alarm[]
  place(): Place | undefined
}

/**
 * Declares a plan.
 * - `gateways`: the doors, under their lasting names. Their services, and those these call, belong to the plan.
 * - `services`: those that nobody calls (consumers, schedules).
 * - `alarms`: those that only tell; an alarm with a reaction is known by it.
 * It checks nothing by itself: `check` does, and every target before it starts.
 * @example export default plan('counter', { gateways: { api: gateway(server) } })
 */
export function plan<const G extends Gateways = Readonly<Record<never, never>>>(
  name: string,
  options: {
    readonly title?: string
    readonly gateways?: G
    readonly services?: readonly AnyService[]
    readonly sites?: readonly Site[]
    readonly alarms?: readonly Alarm[]
  },
): Plan<G> {
  const { title, gateways = {} as G, services = [], sites = [], alarms = [] } = options
  return {
    kind: 'plan',
    name,
    gateways,
    services,
    sites,
    alarms,
    place: calledFrom(plan),
    ...(title === undefined ? {} : { title }),
  }
}
