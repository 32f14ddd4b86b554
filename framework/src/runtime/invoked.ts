/**
 * A runtime that works when it is called: for hosts that start a process when there is work and let it sleep in between.
 * Nothing runs by itself. It has the handlers of one service; other services run elsewhere, and are asked through `ask`.
 * What the framework does for all of them (it sends on what waits in the outbox, delivers mail, looks at alarms) is done
 * where no service is named.
 *
 * What costs time at the start waits until it is asked for: the key that services know each other by, an engine's client.
 */
import type { ObjectCreatedMessage } from '../contract/bucket.ts'
import type { Drivers, PlanShape } from '../contract/drivers.ts'
import { type Fault, fault } from '../contract/problems.ts'
import type { Leased } from '../contract/queue.ts'
import type { HandedQueues } from '../contract/queue-handed.ts'
import { type Parts, partsOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import { RunningCall } from './call.ts'
import { Calls } from './calls.ts'
import { fromProcess } from './calls-between.ts'
import type { CarriedRequest } from './clients/service.ts'
import { cachedVault } from './clients/vault.ts'
import type { Answer, Door } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { systemEntropy } from './entropy.ts'
import { type InvokedWork, invokedWork } from './invoked-work.ts'
import { once } from './once.ts'
import { outsides } from './outsides.ts'
import { boundEndpoints, doorOf, internalKey, kitOf, knownSecrets, type RuntimeOptions } from './runtime.ts'
import { type AskElsewhere, partsOfShare, type Share } from './share.ts'
import { asking, sharedKey } from './shared-key.ts'
import { relayOf } from './sql-relay.ts'
import { throttles } from './throttle.ts'
import { watching } from './watching.ts'
import { type Wiring, wiring } from './wiring.ts'

/** Drivers whose queues are emptied by somebody else. */
export type InvokedDrivers = Drivers & { readonly queues: HandedQueues }

export interface InvokedOptions extends Omit<RuntimeOptions, 'background' | 'share'> {
  /** Whose handlers run here. Without it: what the framework does for all services. */
  readonly service?: string
  readonly ask: AskElsewhere
}

export interface InvokedRuntime {
  /** The routes of this service alone. */
  readonly door: Door
  /** A request of another service. Never rejects. */
  answer(request: CarriedRequest): Promise<Answer>
  /** Handles messages of one queue; gives those that must come again. Faults: `no-such-route`. */
  deliver(queue: string, messages: readonly Leased[]): Promise<readonly Leased[]>
  /** Runs what is due of a schedule, `service/name`. Faults: `no-such-route`, `conflict`. */
  tick(schedule: string): Promise<void>
  /** Sends on what waits in the outbox. */
  sendOn(): Promise<void>
  /** What is looked at each minute: what is due, what waits in the outbox, alarms. */
  eachMinute(): Promise<void>
  /** Tells those who listen to a bucket. */
  created(message: ObjectCreatedMessage): Promise<void>
  /** What must be done before the process may sleep. */
  settle(): Promise<void>
  /** Ends what still runs: streams well, everything else with this fault. */
  endAll(why: Fault): void
}

/** Makes a plan ready to be called. The plan has been checked and the drivers have its shape. */
export async function invokedRuntime(
  plan: Plan,
  shape: PlanShape,
  drivers: InvokedDrivers,
  options: InvokedOptions,
): Promise<InvokedRuntime> {
  const all = partsOf(plan)
  const own = partsOfShare(all, shareOf(options))
  const entropy = options.entropy ?? systemEntropy()
  const secrets = knownSecrets()
  const kit = kitOf(plan, drivers, options, entropy, secrets.scrub, new NeverStopping())
  const vault = cachedVault(drivers.vault, drivers.clock, secrets.learn)
  const key = sharedKey(() => internalKey(plan, drivers, entropy, secrets.learn))
  const endpoints = new Map<string, BoundEndpoint>()
  const calls = new Calls({
    kit,
    once: once(drivers.store, drivers.clock, entropy, drivers.opening),
    throttles: throttles(drivers.clock),
    tokens: key,
    stored: (table, item) => wired.stored(table, item),
  })
  const outside = await outsides({ parts: own, drivers, vault, kit, fetch: options.fetch ?? fetch })
  const wired: Wiring = wiring({
    ...{ plan: plan.name, services: all.services, store: drivers.store, queues: drivers.queues },
    ...{ buckets: drivers.buckets, vault, watching: watching(drivers.store) },
    ...{ ask: asking(key, options.ask), connection: outside.connection, database: outside.database },
  })
  for (const bound of boundEndpoints(own, wired)) endpoints.set(`${bound.service}/${bound.name}`, bound)
  const worked = { all, own, shape, drivers, kit, wired }
  let made: InvokedWork | undefined
  const work = (): InvokedWork => {
    made ??= invokedWork(worked)
    return made
  }
  // What it reads is found out while it makes itself ready.
  if (works(own, options)) work()
  const settle = shape.databases.length > 0 ? relayOf(drivers, outside) : async () => {}
  return {
    door: doorOf(own, endpoints, calls, kit),
    async answer(request) {
      const bound = endpoints.get(`${request.service}/${request.endpoint}`)
      if (!bound) throw fault('service-unavailable', `there is no ${request.service}/${request.endpoint}`)
      await key.ready()
      return fromProcess(calls, bound, request)
    },
    deliver: (queue, messages) => work().deliver(queue, messages),
    tick: schedule => work().tick(schedule),
    sendOn: () => work().sendOn(),
    eachMinute: () => work().eachMinute(),
    created: message => work().created(message),
    settle,
    endAll(why) {
      for (const call of kit.calls.all()) {
        if (call instanceof RunningCall && call.deadlineMs === Number.POSITIVE_INFINITY) call.stop(why)
        else call.expire(why)
      }
    },
  }
}

function shareOf({ service }: InvokedOptions): Share {
  return service === undefined ? { services: [], carries: true } : { services: [service], carries: false }
}

/** Whether anything but requests makes it run. */
function works({ handlers }: Parts, { service }: InvokedOptions): boolean {
  return service === undefined || handlers.some(({ handler }) => handler.kind !== 'endpoint')
}

/** Nobody tells such a process to stop. Node loads what makes signals when the first is made. */
class NeverStopping {
  #signal: AbortSignal | undefined

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }
}
