/**
 * The shape of a plan: what engines are told of it. Tables (views are tables to them), queues (the plan's own, and one
 * for each subscriber, view, reaction, mailbox and retention that an alarm triggers), buckets and databases, each with
 * the queues that hear of what happens there. Derived queues have the names of `names.ts`.
 */
import type { Resource } from '../plan/grant.ts'
import {
  type AnyBucket,
  type AnyResource,
  type AnyTable,
  type AnyTopic,
  type AnyView,
  type NamedHandler,
  type Parts,
  partsOf,
  resourcesOf,
} from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import type { BucketShape } from './bucket.ts'
import type { PlanShape } from './drivers.ts'
import { handlerQueue, mailQueue } from './names.ts'
import type { QueueShape } from './queue.ts'
import type { TableShape } from './store.ts'

/**
 * What engines are told of a plan.
 * @param extraTables tables that the runtime keeps beside the plan's
 * @example const store = openStore(folder, shapeOf(plan).tables)
 */
export function shapeOf(plan: Plan, extraTables: readonly TableShape[] = []): PlanShape {
  const parts = partsOf(plan)
  const hears = listenersIn(parts)
  const tables = parts.resources.filter(isTable)
  const watched = new Set(
    parts.uses.filter(({ grant }) => grant.right === 'watcher').map(({ grant }) => grant.resource),
  )
  return {
    plan: plan.name,
    tables: [...tables.map(table => tableShape(table, hears(table), watched.has(table))), ...extraTables],
    queues: queuesIn(parts),
    buckets: resourcesOf(parts, 'bucket').map(bucket => bucketShape(bucket, hears(bucket))),
    databases: resourcesOf(parts, 'database').map(({ name }) => ({ name })),
  }
}

function isTable(resource: AnyResource): resource is AnyTable | AnyView {
  return resource.kind === 'table' || resource.kind === 'view'
}

function tableShape({ name, spec }: AnyTable | AnyView, changesTo: readonly string[], watched: boolean): TableShape {
  const { key, indexes, expires, version } = spec
  return {
    name,
    key,
    indexes,
    changesTo,
    ...(expires === undefined ? {} : { expires }),
    ...(version === undefined ? {} : { version }),
    ...(watched ? { watched } : {}),
  }
}

function bucketShape({ name, spec }: AnyBucket, createdTo: readonly string[]): BucketShape {
  const { uploads, ...lifecycle } = spec
  return { name, createdTo, ...lifecycle }
}

/** The queues that hear of what happens in a table, view or bucket. */
function listenersIn({ handlers }: Parts): (of: Resource) => readonly string[] {
  const queues = new Map<Resource, string[]>()
  for (const named of handlers) {
    const of = heardBy(named)
    if (of) listOf(queues, of).push(handlerQueue(named.service.name, named.name))
  }
  return of => queues.get(of) ?? []
}

function listOf(queues: Map<Resource, string[]>, of: Resource): string[] {
  const list = queues.get(of) ?? []
  queues.set(of, list)
  return list
}

/** Events of a topic are sent to their queues by whoever publishes them; an engine knows nothing of topics. */
function heardBy({ handler }: NamedHandler): Resource | undefined {
  if (handler.kind === 'view') return handler.from
  return handler.kind === 'subscriber' && handler.to.source !== 'topic' ? handler.to.of : undefined
}

function queuesIn(parts: Parts): readonly QueueShape[] {
  return [
    ...resourcesOf(parts, 'queue').map(({ name, spec }) => ({ name, ordered: spec.orderBy !== undefined })),
    ...parts.handlers.filter(hasQueue).map(named => ({
      name: handlerQueue(named.service.name, named.name),
      ordered: isOrdered(named),
    })),
    ...resourcesOf(parts, 'mailbox').map(({ name }) => ({ name: mailQueue(name), ordered: false })),
  ]
}

/** Whether a handler is fed by a queue that the plan does not name. */
export function hasQueue({ handler }: NamedHandler): boolean {
  const { kind } = handler
  if (kind === 'retention') return handler.also !== undefined
  return kind === 'subscriber' || kind === 'view' || kind === 'reaction'
}

/** Changes come in the order of their item; events where the topic says so. */
function isOrdered({ handler }: NamedHandler): boolean {
  if (handler.kind === 'view') return true
  if (handler.kind !== 'subscriber') return false
  const { source, of } = handler.to
  return source === 'changes' || (isTopic(of) && of.spec.orderBy !== undefined)
}

function isTopic(of: Resource): of is AnyTopic {
  return of.kind === 'topic'
}
