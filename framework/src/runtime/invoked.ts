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
import { type CallKit, RunningCall } from './call.ts'
import { Calls, tokenFor, untilMsOf } from './calls.ts'
import type { AskService, CarriedRequest, InternalRequest } from './clients/service.ts'
import { cachedVault } from './clients/vault.ts'
import { deliver } from './deliver.ts'
import type { Answer, Door } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { digestOf, systemEntropy } from './entropy.ts'
import { once } from './once.ts'
import { type Outsides, outsides } from './outsides.ts'
import type { Feed } from './pump.ts'
import { drain } from './relay.ts'
import {
  alarmTicking,
  boundEndpoints,
  doorOf,
  feedsOf,
  internalKey,
  kitOf,
  knownSecrets,
  type RuntimeOptions,
  timed,
  viewsIn,
} from './runtime.ts'
import { ticker } from './schedules.ts'
import { traceparentOf } from './telemetry.ts'
import { throttles } from './throttle.ts'
import { internalTokens, type Tokens } from './tokens.ts'
import type { ViewKeeper } from './views.ts'
import { watching } from './watching.ts'
import { type Wiring, wiring } from './wiring.ts'

/** Drivers whose queues are emptied by somebody else. */
export type InvokedDrivers = Drivers & { readonly queues: HandedQueues }

export interface InvokedOptions extends Omit<RuntimeOptions, 'background'> {
  /** Whose handlers run here. Without it: what the framework does for all services. */
  readonly service?: string
  /**
   * Brings a request to a service that runs elsewhere. Who asks is told of nothing more once `from.signal` is aborted.
   * Faults: `service-unavailable`.
   */
  ask(request: CarriedRequest, from: Pick<RunningCall, 'signal'>): Promise<Answer>
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
  const own = partsRunHere(all, options.service)
  const entropy = options.entropy ?? systemEntropy()
  const secrets = knownSecrets()
  const kit = kitOf(plan, drivers, options, entropy, secrets.scrub, new NeverStopping())
  const vault = cachedVault(drivers.vault, drivers.clock, secrets.learn)
  const key = new SharedKey(() => internalKey(plan, drivers, entropy, secrets.learn))
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
    ...{ ask: asking(key, options), connection: outside.connection, database: outside.database },
  })
  for (const bound of boundEndpoints(own, wired)) endpoints.set(`${bound.service}/${bound.name}`, bound)
  const times = ticker(kit, drivers.schedules, timed(own, drivers, kit, wired), false)
  const views = viewsIn(own, kit, wired)
  const feeds = [...feedsOf(own, drivers, wired, times), ...views.map(({ feed }) => feed)]
  const settle = shape.databases.length > 0 ? relayOf(drivers, outside) : async () => {}
  return {
    door: doorOf(own, endpoints, calls, kit),
    async answer(request) {
      const bound = endpoints.get(`${request.service}/${request.endpoint}`)
      if (!bound) throw fault('service-unavailable', `there is no ${request.service}/${request.endpoint}`)
      await key.ready()
      return calls.fromProcess(bound, request)
    },
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
      for (const { service, name } of alarms) await watch.runDue(service, name)
    },
    async created(message) {
      const { createdTo = [] } = shape.buckets.find(({ name }) => name === message.bucket) ?? {}
      const body = JSON.stringify(message)
      await drivers.queues.send(createdTo.map(queue => ({ queue, id: digestOf(`${queue}/${body}`), body })))
    },
    settle,
    endAll(why) {
      for (const call of kit.calls.all()) {
        if (call instanceof RunningCall && call.deadlineMs === Number.POSITIVE_INFINITY) call.stop(why)
        else call.expire(why)
      }
    },
  }
}

/** Nobody tells such a process to stop. Node loads what makes signals when the first is made. */
class NeverStopping {
  #signal: AbortSignal | undefined

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }
}

/** The parts that a process of this service has: its handlers, its gateways, and what these use. */
function partsRunHere(all: Parts, service: string | undefined): Parts {
  if (service === undefined) {
    return { ...all, gateways: [], handlers: [], resources: all.resources.filter(({ kind }) => kind === 'mailbox') }
  }
  const gateways = all.gateways.filter(({ gateway }) => gateway.service.name === service)
  const handlers = all.handlers.filter(named => named.service.name === service)
  const callers = new Set(handlers.flatMap(({ handler }) => (handler.kind === 'endpoint' ? [handler.caller] : [])))
  const used = new Set(
    all.uses
      .filter(({ by }) => ('service' in by ? by.service.name === service : callers.has(by)))
      .map(({ grant }) => grant.resource),
  )
  const resources = all.resources.filter(resource => resource.kind !== 'mailbox' && used.has(resource))
  return { ...all, gateways, handlers, resources, alarms: [] }
}

/** The key that services know each other by, asked for when the first of them is asked. */
class SharedKey implements Tokens {
  readonly #load: () => Promise<string>
  #loading: Promise<void> | undefined
  #tokens: Tokens | undefined

  constructor(load: () => Promise<string>) {
    this.#load = load
  }

  ready(): Promise<void> {
    this.#loading ??= this.#loaded().catch(error => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  sign(...claims: Parameters<Tokens['sign']>): string {
    return this.#known.sign(...claims)
  }

  verify(...shown: Parameters<Tokens['verify']>): ReturnType<Tokens['verify']> {
    return this.#known.verify(...shown)
  }

  get #known(): Tokens {
    if (!this.#tokens) throw new Error('the key of the internal tokens has not been loaded')
    return this.#tokens
  }

  async #loaded(): Promise<void> {
    this.#tokens = internalTokens(await this.#load())
  }
}

function asking(key: SharedKey, { ask }: InvokedOptions): AskService {
  return async (request: InternalRequest, call: RunningCall) => {
    await key.ready()
    const token = tokenFor(key, `${request.service}/${request.endpoint}`, call)
    return ask({ ...request, token, traceparent: traceparentOf(call.span), untilMs: untilMsOf(call) }, call)
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

/**
 * What transactions of databases want sent goes into the outbox of the tables, which somebody carries on. What a process
 * that died left behind is found by the next that opens the database.
 */
function relayOf({ store }: Drivers, { outboxes }: Outsides): () => Promise<void> {
  const waiting = new Set<Outsides['outboxes'][number]>()
  for (const outbox of outboxes) outbox.onEntry(() => waiting.add(outbox))
  return async () => {
    for (const outbox of waiting) {
      waiting.delete(outbox)
      const into = {
        send: async (messages: Parameters<HandedQueues['send']>[0]) =>
          void (await store.commit({ writes: [], messages })),
      }
      await drain(outbox, into, new AbortController().signal)
    }
  }
}
