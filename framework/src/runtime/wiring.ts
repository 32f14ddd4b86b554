/**
 * Wiring: what a plan's handlers share, prepared once at start: the drivers, and for each grant the client it gives.
 */

import type { Buckets } from '../contract/bucket.ts'
import type { Queues } from '../contract/queue.ts'
import type { Store } from '../contract/store.ts'
import type { Connection } from '../plan/connection.ts'
import type { Database } from '../plan/database.ts'
import type { Resource, Uses } from '../plan/grant.ts'
import type { AnyService } from '../plan/service.ts'
import type { Indexes, Keys, Readable } from '../plan/table.ts'
import type { RunningCall } from './call.ts'
import type { AskService } from './clients/service.ts'
import { type TableAccess, tableAccess } from './clients/table.ts'
import type { CachedVault } from './clients/vault.ts'
import { factoryOf } from './grant-clients.ts'
import { subscribersByTopic } from './topic-subscribers.ts'
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
  let subscribers: ReadonlyMap<Resource, readonly string[]> | undefined
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
    subscribersOf(topic) {
      subscribers ??= subscribersByTopic(parts.services)
      return subscribers.get(topic) ?? []
    },
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
