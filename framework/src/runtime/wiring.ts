/**
 * Wiring: what a plan's handlers share, prepared once at start: the drivers, and for each grant the client it gives.
 */

import type { Buckets } from '../contract/bucket.ts'
import { handlerQueue } from '../contract/names.ts'
import { fault } from '../contract/problems.ts'
import type { Queues } from '../contract/queue.ts'
import type { Store } from '../contract/store.ts'
import type { Bucket } from '../plan/bucket.ts'
import type { Connection } from '../plan/connection.ts'
import type { Database } from '../plan/database.ts'
import type { Grant, Resource, Uses } from '../plan/grant.ts'
import type { Mailbox } from '../plan/mailbox.ts'
import type { Queue } from '../plan/queue.ts'
import type { SecretResource, Setting, TenantSecrets } from '../plan/secret.ts'
import type { AnyService } from '../plan/service.ts'
import type { Subscriber } from '../plan/subscriber.ts'
import type { Indexes, Keys, Readable } from '../plan/table.ts'
import type { Topic } from '../plan/topic.ts'
import type { RunningCall } from './call.ts'
import { bucketClient } from './clients/bucket.ts'
import { viewGauge } from './clients/gauge.ts'
import { mailSender, queueSender, topicPublisher } from './clients/messages.ts'
import { queueRedriver } from './clients/redriver.ts'
import { type AskService, serviceClient } from './clients/service.ts'
import { type TableAccess, tableAccess, tableClient } from './clients/table.ts'
import { type CachedVault, secretClient, settingClient } from './clients/vault.ts'
import type { Watching } from './watching.ts'

/** Gives the client, or the clients, of one call. */
export type ClientFactory = (call: RunningCall) => unknown

export interface WiringParts {
  readonly plan: string
  readonly services: readonly AnyService[]
  readonly store: Store
  readonly queues: Queues
  readonly buckets: Buckets
  readonly vault: CachedVault
  readonly watching: Watching
  readonly ask: AskService
  /** The client of a connection, whose limits and breaker all calls share. */
  connection(connection: Connection, call: RunningCall): unknown
  /** The client of a database for one right. */
  database(database: Database<never>, right: string, call: RunningCall): unknown
}

export interface Wiring {
  /** Prepares the clients of a handler's `uses`. */
  clients(uses: Uses): ClientFactory
  /** The access to a table or view, made once. */
  table(table: Resource): TableAccess
  /** Reads an item of the table or view of this name as its clients do. */
  stored(table: string, item: unknown): unknown
  /** What an authorizer remembers: made once here, and shared by those that make it by the same function. */
  memory(make: () => unknown): unknown
  /** The queues of those who listen to a topic. */
  subscribersOf(topic: Resource): readonly string[]
}

type AnyReadable = Readable<unknown, Keys, Indexes>

export function wiring(parts: WiringParts): Wiring {
  const tables = new Map<Resource, TableAccess>()
  const memories = new Map<() => unknown, unknown>()
  const subscribers = subscribersByTopic(parts.services)
  const self: Wiring = {
    clients: uses => allOf(Object.entries(uses).map(([name, grant]) => [name, factoryOf(parts, self, grant)] as const)),
    table(table) {
      const known = tables.get(table) ?? tableAccess(table as AnyReadable, parts.store, parts.watching)
      tables.set(table, known)
      return known
    },
    memory(make) {
      if (!memories.has(make)) memories.set(make, make())
      return memories.get(make)
    },
    stored: (table, item) => [...tables.values()].find(({ name }) => name === table)?.stored.read(item) ?? item,
    subscribersOf: topic => subscribers.get(topic) ?? [],
  }
  return self
}

function allOf(factories: readonly (readonly [string, ClientFactory])[]): ClientFactory {
  return call => {
    const clients: Record<string, unknown> = {}
    for (const [name, factory] of factories) clients[name] = factory(call)
    return clients
  }
}

function factoryOf(parts: WiringParts, wired: Wiring, { resource, right }: Grant<unknown>): ClientFactory {
  switch (resource.kind) {
    case 'table':
    case 'view':
      if (right === 'gauge') return viewGauge(resource, parts)
      return tableFactory(wired.table(resource), right)
    case 'queue':
      if (right === 'redriver') return queueRedriver(resource as Queue<unknown, unknown>, parts.queues)
      return sending(queueSender(resource as Queue<unknown, unknown>))
    case 'topic':
      return sending(topicPublisher(resource as Topic<unknown, unknown>, wired.subscribersOf(resource)))
    case 'mailbox':
      return sending(mailSender(resource as Mailbox))
    case 'bucket':
      return call => bucketClient(parts.buckets, resource as Bucket, right, call)
    case 'secret':
      return shared(secretClient(parts.plan, resource as SecretResource | TenantSecrets, parts.vault))
    case 'setting':
      return shared(settingClient(parts.plan, resource as Setting<unknown>, parts.vault))
    case 'connection':
      return call => parts.connection(resource as Connection, call)
    case 'database':
      return call => parts.database(resource as Database<never>, right, call)
    case 'service':
      return serviceClient(resource as AnyService, parts.ask)
    default:
      throw fault('unsupported', `there is no client for a grant on ${String(resource.kind)}`)
  }
}

function tableFactory(access: TableAccess, right: string): ClientFactory {
  const client = tableClient(access, right)
  return call => client(call.session, () => call.signal)
}

function sending(make: ReturnType<typeof queueSender>): ClientFactory {
  return call => make(call)
}

function shared(client: unknown): ClientFactory {
  return () => client
}

function subscribersByTopic(services: readonly AnyService[]): ReadonlyMap<Resource, readonly string[]> {
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
