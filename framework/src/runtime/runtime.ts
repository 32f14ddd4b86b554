/**
 * The runtime: brings a plan to life on given drivers. It knows no engine and no protocol; doors (HTTP, Lambda, the
 * testbed) ask it through `Door`.
 */
import type { Drivers } from '../contract/drivers.ts'
import { limits } from '../contract/limits.ts'
import { secretName } from '../contract/names.ts'
import { fault } from '../contract/problems.ts'
import type { Queues } from '../contract/queue.ts'
import { scrubber } from '../contract/scrubber.ts'
import type { Outbox, TableShape } from '../contract/store.ts'
import type { Handle } from '../plan/call.ts'
import type { Uses } from '../plan/grant.ts'
import { type Parts, partsOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import { type Active, activity } from './activity.ts'
import { alarmsTable } from './alarms.ts'
import { type CallKit, type CallPlan, execute, type Identity, RunningCall } from './call.ts'
import { Calls } from './calls.ts'
import { fromProcess, fromService, vouched } from './calls-between.ts'
import type { AskService, CarriedRequest } from './clients/service.ts'
import { cachedVault } from './clients/vault.ts'
import type { Answer, Asked, Door, DoorRoute } from './door.ts'
import { type BoundEndpoint, bindEndpoint } from './endpoints.ts'
import { type Entropy, systemEntropy } from './entropy.ts'
import { run } from './feeds.ts'
import { gates } from './gates.ts'
import type { LogSink } from './log.ts'
import { type Metrics, metrics } from './metrics.ts'
import { once, onceTable } from './once.ts'
import { type Outsides, outsides } from './outsides.ts'
import { Places } from './places.ts'
import { type Pump, pump } from './pump.ts'
import { refusalOf } from './refusals.ts'
import { type Relay, relay } from './relay.ts'
import { retentionsTable } from './retention.ts'
import { Roll } from './roll.ts'
import { runningCalls, type Timed } from './running.ts'
import { type Ticker, ticker } from './schedules.ts'
import { type AskElsewhere, partsOfShare, type Share } from './share.ts'
import { asking } from './shared-key.ts'
import { intoOutbox } from './sql-relay.ts'
import { type Telemetry, tracer } from './telemetry.ts'
import { throttles } from './throttle.ts'
import { internalTokens } from './tokens.ts'
import { feedsOf, timed, viewsIn } from './triggers.ts'
import { placesTable, type ViewKeeper, viewsTable } from './views.ts'
import { watching } from './watching.ts'
import { type Wiring, wiring } from './wiring.ts'

/** Tables that the runtime keeps beside the plan's. */
export const runtimeTables: readonly TableShape[] = [onceTable, placesTable, viewsTable, alarmsTable, retentionsTable]

export interface RuntimeOptions {
  readonly logs: LogSink
  /** Default: nothing is kept. */
  readonly telemetry?: Telemetry
  /** Default: the operating system's. */
  readonly entropy?: Entropy
  /** For connections. Default: the platform's. */
  readonly fetch?: typeof fetch
  /**
   * Whether queues, schedules, alarms and views run in this process by themselves. Default true. Without it, schedules
   * are run and views rebuilt when somebody asks for it.
   */
  readonly background?: boolean
  /** Where other processes run the rest of the plan: what runs here, and how services elsewhere are asked. Default: all. */
  readonly share?: Share & { readonly ask: AskElsewhere }
}

export interface Runtime {
  readonly plan: Plan
  readonly door: Door
  readonly metrics: Metrics
  /** How much is running: calls, deliveries, ticks, relays. */
  readonly activity: CallKit['activity']
  /** A text without the secrets that this process knows. */
  scrub(text: string): string
  /** The calls of handlers that run. */
  calls(): readonly Active[]
  readonly ticker: Ticker
  readonly views: readonly ViewKeeper[]
  /** Runs something with clients of this plan: seeds, the command line, the testbed. */
  as(name: string, uses: Uses, handle: Handle): Promise<unknown>
  /** Clients that are used outside of any call, as somebody known to an authorizer where services are asked. */
  clients(name: string, uses: Uses, identity?: Identity): unknown
  /** A call through a gateway as somebody, past its authorizer. */
  callAs(route: DoorRoute, asked: Asked, identity: Identity): Promise<Answer>
  /** A request of a service in another process; `signal` is asked for when somebody listens to it. Never rejects. */
  answer(request: CarriedRequest, signal: () => AbortSignal): Promise<Answer>
  /** Takes no more work; resolves when what runs has ended, or has been handed back after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts a plan on drivers. The plan has been checked and the drivers have its shape.
 * @example
 * const runtime = await startRuntime(counter, drivers, { logs: prettyLog(process.stdout) })
 */
export async function startRuntime(plan: Plan, drivers: Drivers, options: RuntimeOptions): Promise<Runtime> {
  const all = partsOf(plan)
  const { share } = options
  const parts = share ? partsOfShare(all, share) : all
  const entropy = options.entropy ?? systemEntropy()
  const secrets = knownSecrets()
  const stopping = new AbortController()
  const kit = kitOf(plan, drivers, options, entropy, secrets.scrub, stopping)
  const vault = cachedVault(drivers.vault, drivers.clock, secrets.learn)
  const seen = watching(drivers.store)
  const endpoints = new Map<string, BoundEndpoint>()
  const tokens = internalTokens(await internalKey(plan, drivers, entropy, secrets.learn))
  const calls = new Calls({
    kit,
    once: once(drivers.store, drivers.clock, entropy, drivers.opening),
    throttles: throttles(drivers.clock),
    tokens,
    stored: (table, item) => wired.stored(table, item),
  })
  const ask = askedHere(calls, endpoints, share ? asking(tokens, share.ask) : refusing)
  const outside = await outsides({ parts, drivers, vault, kit, fetch: options.fetch ?? fetch })
  const wired = wiring({
    plan: plan.name,
    services: parts.services,
    store: drivers.store,
    queues: drivers.queues,
    buckets: drivers.buckets,
    vault,
    watching: seen,
    ask,
    connection: outside.connection,
    database: outside.database,
  })
  for (const bound of boundEndpoints(parts, wired)) endpoints.set(`${bound.service}/${bound.name}`, bound)
  const times = ticker(kit, drivers.schedules, timed(parts, all, drivers, kit, wired), options.background !== false)
  const views = viewsIn(parts, kit, wired)
  const background =
    options.background === false
      ? undefined
      : backgroundOf(parts, drivers, { kit, wired, times, views, relayed: relayedOf(drivers, outside, share) })
  return {
    plan,
    door: doorOf(parts, endpoints, calls, kit),
    metrics: kit.metrics,
    activity: kit.activity,
    scrub: kit.scrub,
    calls: () => kit.calls.all(),
    ticker: times,
    views,
    as: (name, uses, handle) => runAs(kit, wired, name, uses, handle),
    clients: (name, uses, identity) => wired.clients(uses)(standing(kit, name, identity)),
    callAs(route, asked, identity) {
      const bound = endpointOf(route, plan, endpoints)
      return bound
        ? vouched(calls, bound, asked, identity)
        : Promise.resolve(refusalOf('no-such-route', 'there is nothing here'))
    },
    answer: (request, signal) => answered(calls, endpoints, request, signal),
    async stop(graceMs) {
      stopping.abort()
      await Promise.all([times.stop(graceMs), background?.stop(graceMs), stillOrLate(kit, graceMs)])
      kit.running.close(fault('stopping', 'the process is stopping'))
      seen.close()
    },
  }
}

export function kitOf(
  plan: Plan,
  { clock, store }: Drivers,
  { logs, telemetry = { sampled: 0 } }: RuntimeOptions,
  entropy: Entropy,
  scrub: (text: string) => string,
  stopping: { readonly signal: AbortSignal },
): CallKit {
  const calls = new Roll<Timed>()
  const active = activity(calls)
  return {
    plan: plan.name,
    clock,
    store,
    entropy,
    logs,
    scrub,
    get stopping() {
      return stopping.signal
    },
    tracer: tracer(telemetry, clock, entropy, scrub),
    calls,
    running: runningCalls(clock, calls, active),
    activity: active,
    metrics: metrics(clock),
    places: new Places(),
  }
}

/** Every secret value this process has read or set, so that none of them reaches a log or a trace. */
export function knownSecrets(): { learn(name: string, value: string): void; scrub(text: string): string } {
  // By value: after a rotation the value before is as secret as the new one.
  const known = new Map<string, string>()
  let scrub: ((text: string) => string) | undefined
  return {
    learn(name, value) {
      if (known.has(value)) return
      known.set(value, name)
      scrub = undefined
    },
    scrub(text) {
      if (known.size === 0) return text
      scrub ??= scrubber([...known].map(([value, name]) => [name, value]))
      return scrub(text)
    },
  }
}

/** The key of the internal tokens: made once, kept in the vault, shared by all processes of the plan. */
export async function internalKey(
  plan: Plan,
  { vault }: Drivers,
  entropy: Entropy,
  learn: (name: string, value: string) => void,
): Promise<string> {
  const name = 'groundplan-internal'
  const place = secretName(plan.name, name)
  const { value } = (await vault.get(place)) ?? (await vault.set(place, entropy.hex(32)))
  learn(name, value)
  return value
}

export function boundEndpoints(parts: Parts, wired: Wiring): readonly BoundEndpoint[] {
  return parts.handlers.flatMap(({ service, name, handler }) =>
    handler.kind === 'endpoint' ? [bindEndpoint(wired, service.name, name, handler)] : [],
  )
}

export function doorOf(
  { plan, gateways }: Parts,
  endpoints: ReadonlyMap<string, BoundEndpoint>,
  calls: Calls,
  kit: CallKit,
): Door {
  const admit = gates(kit.clock, plan)
  const bound = new Map<DoorRoute, BoundEndpoint>()
  for (const {
    name: gateway,
    gateway: { service },
  } of gateways) {
    for (const each of endpoints.values()) {
      if (each.service !== service.name || each.authorizer.scheme === 'internal') continue
      bound.set({ gateway, name: each.name, endpoint: each.endpoint }, each)
    }
  }
  return {
    plan: plan.name,
    gateways: plan.gateways,
    routes: [...bound.keys()],
    refuse: refusalOf,
    call(route, asked) {
      const found = bound.get(route)
      if (!found) return Promise.resolve(refusalOf('no-such-route', 'there is nothing at this address'))
      const refused = admit(route.gateway, asked)
      return refused ? Promise.resolve(refused) : calls.fromDoor(found, asked)
    },
  }
}

interface Background {
  stop(graceMs: number): Promise<void>
}

interface BackgroundParts {
  readonly kit: CallKit
  readonly wired: Wiring
  readonly times: Ticker
  readonly views: readonly ViewKeeper[]
  readonly relayed: readonly Relayed[]
}

/** An outbox, and where what waits in it goes. */
type Relayed = readonly [from: Outbox, to: Pick<Queues, 'send'>]

/** Of tables to the queues, by whoever carries; of databases, too, or into that of the tables. */
function relayedOf(
  { store, queues }: Drivers,
  { outboxes }: Pick<Outsides, 'outboxes'>,
  { carries }: Pick<Share, 'carries'> = { carries: true },
): readonly Relayed[] {
  const to = carries ? queues : intoOutbox(store)
  const ofDatabases = outboxes.map((outbox): Relayed => [outbox, to])
  return carries ? [[store.outbox, queues], ...ofDatabases] : ofDatabases
}

type Endpoints = ReadonlyMap<string, BoundEndpoint>

/** What runs here is asked in this process. */
function askedHere(calls: Calls, endpoints: Endpoints, elsewhere: AskService): AskService {
  return (request, call) => {
    const bound = endpoints.get(`${request.service}/${request.endpoint}`)
    return bound ? fromService(calls, bound, request, call) : elsewhere(request, call)
  }
}

async function answered(
  calls: Calls,
  endpoints: Endpoints,
  request: CarriedRequest,
  signal: () => AbortSignal,
): Promise<Answer> {
  const bound = endpoints.get(`${request.service}/${request.endpoint}`)
  if (!bound) return refusalOf('service-unavailable', `${request.service}/${request.endpoint} does not run here`)
  return fromProcess(calls, bound, request, signal)
}

const refusing: AskService = ({ service, endpoint }) => {
  throw fault('service-unavailable', `there is no ${service}/${endpoint}`)
}

function backgroundOf(parts: Parts, drivers: Drivers, given: BackgroundParts): Background {
  const { kit, wired, times, views, relayed } = given
  const feeds = [...feedsOf(parts, drivers, wired, times), ...views.map(({ feed }) => feed)]
  const pumps: readonly Pump[] = feeds.map(feed => pump(kit, drivers.queues, feed))
  const relays: readonly Relay[] = relayed.map(([from, to]) => relay(kit, from, to))
  for (const view of views) {
    view.buildIfNew().catch(error => {
      const message = kit.scrub(`cannot build the view "${view.view.name}": ${error}`)
      kit.logs({ level: 'error', atMs: kit.clock.now(), plan: kit.plan, message })
    })
  }
  return {
    async stop(graceMs) {
      await Promise.all([...pumps.map(each => each.stop(graceMs)), ...relays.map(each => each.stop())])
    },
  }
}

function runAs(kit: CallKit, wired: Wiring, name: string, uses: Uses, handle: Handle): Promise<unknown> {
  const call = callFor(kit, name)
  const clients = wired.clients(uses)
  return execute(call, () => run(handle, call, clients, {}))
}

function callFor(kit: CallKit, name: string): RunningCall {
  return new RunningCall(kit, planFor(name))
}

function planFor(name: string): CallPlan {
  return {
    service: 'groundplan',
    handler: name,
    timeoutMs: limits.runMs,
    span: { kind: 'internal', name: `groundplan/${name}` },
  }
}

function standing(kit: CallKit, name: string, identity: Identity | undefined): RunningCall {
  const call = new StandingCall(kit, planFor(name))
  call.identity = identity
  return call
}

/** Never begins and never ends: for clients that are used outside of any call, each time as if a call began. */
class StandingCall extends RunningCall {
  override get nowMs(): number {
    return this.kit.clock.now()
  }

  override get deadlineMs(): number {
    return this.nowMs + this.plan.timeoutMs
  }
}

function endpointOf(
  route: DoorRoute,
  plan: Plan,
  endpoints: ReadonlyMap<string, BoundEndpoint>,
): BoundEndpoint | undefined {
  return endpoints.get(`${plan.gateways[route.gateway]?.service.name}/${route.name}`)
}

async function stillOrLate({ activity: running, clock }: CallKit, graceMs: number): Promise<void> {
  let cancel: () => void = () => {}
  const late = new Promise<void>(resolve => {
    cancel = clock.at(clock.now() + graceMs, resolve)
  })
  await Promise.race([running.idle(), late])
  cancel()
}
