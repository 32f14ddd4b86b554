/**
 * The parts of a plan: everything that is reached from it, each once, in the order in which the plan names it. One walk,
 * linear in the plan's size; the graph, the check and the shape all read its result.
 *
 * What belongs to a plan: the services of its gateways, those it lists, and those whose clients they use; their
 * handlers; what these (and their authorizers) ask for in `uses` and listen to; and what stands behind that: the source
 * of a view, the setting and secret of a connection. What an alarm measures does not come into the plan by being
 * measured.
 */
import type { Alarm } from './alarm.ts'
import type { Authorizer } from './authorizer.ts'
import type { BucketSpec } from './bucket.ts'
import type { Handler } from './call.ts'
import type { ConnectionSpec } from './connection.ts'
import type { Consumer } from './consumer.ts'
import type { DatabaseSpec } from './database.ts'
import type { AnyEndpoint } from './endpoint.ts'
import type { AnyGateway } from './gateway.ts'
import type { Grant, Resource, Uses } from './grant.ts'
import type { Mailbox } from './mailbox.ts'
import type { Plan } from './plan.ts'
import type { QueueSpec } from './queue.ts'
import type { Reaction } from './reaction.ts'
import type { Retention } from './retention.ts'
import type { Schedule } from './schedule.ts'
import type { Schema } from './schema.ts'
import type { AnyService } from './service.ts'
import type { Subscriber } from './subscriber.ts'
import type { TableSpec } from './table.ts'
import type { TopicSpec } from './topic.ts'

interface Kept<Kind extends Resource['kind'], Spec> extends Resource {
  readonly kind: Kind
  readonly spec: Spec
}

export type AnyTable = Kept<'table', TableSpec>
export type AnyDatabase = Kept<'database', DatabaseSpec>
export type AnyQueue = Kept<'queue', QueueSpec>
export type AnyTopic = Kept<'topic', TopicSpec>
export type AnyBucket = Kept<'bucket', BucketSpec>
export type AnyConnection = Kept<'connection', ConnectionSpec>
export interface AnyView extends Kept<'view', TableSpec>, Pick<Handler, 'uses' | 'timeoutMs'> {
  readonly from: Resource & { readonly spec: TableSpec }
  project(item: unknown): unknown
}
export interface AnySecret extends Resource {
  readonly kind: 'secret'
  readonly perTenant: boolean
}
export interface AnySetting extends Resource {
  readonly kind: 'setting'
  readonly schema: Schema
}

/** Any resource, told apart by its kind. */
export type AnyResource =
  | AnyTable
  | AnyView
  | AnyDatabase
  | AnyQueue
  | AnyTopic
  | AnyBucket
  | AnySecret
  | AnySetting
  | Mailbox
  | AnyConnection

/** Any handler, told apart by its kind. */
export type AnyHandler = AnyEndpoint | Consumer | Subscriber | Schedule | Reaction | AnyView | Retention

/** A handler under its lasting name. */
export interface NamedHandler {
  readonly service: AnyService
  readonly name: string
  readonly handler: AnyHandler
}

export interface NamedGateway {
  readonly name: string
  readonly gateway: AnyGateway
}

/** One entry of somebody's `uses`. */
export interface Use {
  readonly by: NamedHandler | Authorizer<unknown>
  /** What the client is called in `uses`. */
  readonly as: string
  readonly grant: Grant<unknown>
}

export interface Parts {
  readonly plan: Plan
  readonly gateways: readonly NamedGateway[]
  readonly services: readonly AnyService[]
  readonly handlers: readonly NamedHandler[]
  readonly authorizers: readonly Authorizer<unknown>[]
  readonly resources: readonly AnyResource[]
  readonly alarms: readonly Alarm[]
  /** Everybody's `uses`, in the order of handlers and authorizers. */
  readonly uses: readonly Use[]
}

/** Everything that belongs to a plan. */
export function partsOf(plan: Plan): Parts {
  const gateways = Object.entries(plan.gateways).map(([name, gateway]) => ({ name, gateway }))
  const walk = new Walk(plan.alarms)
  for (const { gateway } of gateways) walk.services.add(gateway.service)
  for (const service of plan.services) walk.services.add(service)
  walk.run()
  return {
    plan,
    gateways,
    services: [...walk.services],
    handlers: walk.handlers,
    authorizers: [...walk.authorizers],
    resources: [...walk.resources],
    alarms: [...walk.alarms],
    uses: walk.uses,
  }
}

/** A set that is walked while it grows gives what was added meanwhile, too: each thing is visited once. */
class Walk {
  readonly services = new Set<AnyService>()
  readonly handlers: NamedHandler[] = []
  readonly authorizers = new Set<Authorizer<unknown>>()
  readonly resources = new Set<AnyResource>()
  readonly alarms: Set<Alarm>
  readonly uses: Use[] = []

  constructor(alarms: readonly Alarm[]) {
    this.alarms = new Set(alarms)
  }

  run(): void {
    for (const service of this.services) this.#visitService(service)
    for (const alarm of this.alarms) if (alarm.tell) this.#reach(alarm.tell)
    for (const resource of this.resources) this.#visitResource(resource)
  }

  #visitService(service: AnyService): void {
    for (const [name, handler] of Object.entries(service.handlers)) {
      // Handlers are made by the words of the plan alone, and the kind tells by which.
      const named: NamedHandler = { service, name, handler: handler as AnyHandler }
      this.handlers.push(named)
      this.#use(named, handler.uses)
      this.#visitHandler(named.handler)
    }
  }

  #visitHandler(handler: AnyHandler): void {
    if (handler.kind === 'endpoint') this.#visitAuthorizer(handler.caller)
    if (handler.kind === 'consumer') this.#reach(handler.from.of)
    if (handler.kind === 'subscriber') this.#reach(handler.to.of)
    if (handler.kind === 'view') this.#reach(handler)
    if (handler.kind === 'reaction') this.alarms.add(handler.to)
    if (handler.kind === 'retention' && handler.also) this.alarms.add(handler.also)
  }

  #visitAuthorizer(authorizer: Authorizer<unknown>): void {
    if (this.authorizers.has(authorizer)) return
    this.authorizers.add(authorizer)
    this.#use(authorizer, authorizer.uses)
  }

  #visitResource(resource: AnyResource): void {
    if (resource.kind === 'view') this.#reach(resource.from)
    if (resource.kind !== 'connection') return
    const { url, credential } = resource.spec
    if (typeof url !== 'string') this.#reach(url)
    if (credential) this.#reach(credential.from)
  }

  #use(by: Use['by'], uses: Uses): void {
    for (const [as, grant] of Object.entries(uses)) {
      this.uses.push({ by, as, grant })
      this.#reach(grant.resource)
    }
  }

  #reach(resource: Resource): void {
    // Resources, too, are made by the words of the plan alone.
    if (isService(resource)) this.services.add(resource)
    else this.resources.add(resource as AnyResource)
  }
}

/** Whether a resource is a service: what its client is asked on. */
export function isService(resource: Resource): resource is AnyService {
  return resource.kind === 'service'
}

/** Whether it is a handler that asks, and not an authorizer. */
export function isHandler(by: Use['by']): by is NamedHandler {
  return 'handler' in by
}

/** The handlers of one kind. */
export function handlersOf<Kind extends AnyHandler['kind']>(
  { handlers }: Parts,
  kind: Kind,
): readonly (NamedHandler & { readonly handler: Extract<AnyHandler, { kind: Kind }> })[] {
  return handlers.filter(
    (named): named is NamedHandler & { readonly handler: Extract<AnyHandler, { kind: Kind }> } =>
      named.handler.kind === kind,
  )
}

/** The resources of one kind. */
export function resourcesOf<Kind extends AnyResource['kind']>(
  { resources }: Parts,
  kind: Kind,
): readonly Extract<AnyResource, { kind: Kind }>[] {
  return resources.filter((resource): resource is Extract<AnyResource, { kind: Kind }> => resource.kind === kind)
}
