/**
 * Small plans for the tests of the runtime: one service, one gateway, whatever handlers a test needs.
 */

import type { Gateway } from '../../plan/gateway.ts'
import { gateway, type Throttle } from '../../plan/gateway.ts'
import { type Plan, plan } from '../../plan/plan.ts'
import { type Handlers, type Service, service } from '../../plan/service.ts'
import type { Asked, DoorRoute } from '../door.ts'
import type { Runtime } from '../runtime.ts'

type More = Omit<Parameters<typeof plan>[1], 'gateways'> & { readonly throttle?: Throttle }

/** A plan of one service, `main`, behind one gateway, `api`. */
export function smallPlan<const H extends Handlers>(handlers: H, more: More = {}): Plan<{ api: Gateway<H> }> {
  return planOf(service('main', handlers), more)
}

/** The same of a service that the test makes itself. */
export function planOf<H extends Handlers>(main: Service<H>, more: More = {}): Plan<{ api: Gateway<H> }> {
  const { throttle, ...rest } = more
  return plan('small', { ...rest, gateways: { api: gateway(main, throttle ? { throttle } : {}) } })
}

/** A plan without a door: what runs by itself. */
export function backgroundPlan(handlers: Handlers, more: Omit<More, 'throttle'> = {}): Plan {
  const { services = [], ...rest } = more
  return plan('small', { ...rest, services: [service('main', handlers), ...services] })
}

/** The route of a handler of the service `main`. */
export function routeOf({ door }: Runtime, name: string): DoorRoute {
  const found = door.routes.find(route => route.name === name)
  if (!found) throw new Error(`there is no route ${name}`)
  return found
}

/** A request as a door hands it over. */
export function asking(more: Partial<Omit<Asked, 'header' | 'cookie'>> & { headers?: Record<string, string> }): Asked {
  const { headers = {}, ...rest } = more
  return {
    method: 'POST',
    path: '/',
    params: {},
    query: {},
    body: undefined,
    address: '127.0.0.1',
    signal: new AbortController().signal,
    header: name => headers[name],
    cookie: () => undefined,
    ...rest,
  }
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was expected to reject, and resolved')
}

/** Something that is waited for, and opened by the test. */
export interface Latch {
  readonly opened: Promise<void>
  open(): void
}

export function latch(): Latch {
  let open: () => void = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
