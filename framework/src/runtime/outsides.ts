/**
 * Outsides: the clients of what lies outside the plan's own tables and queues: connections to other people's APIs, and
 * SQL databases. A database is opened and migrated when it is first asked for something; the relay of its outbox asks at
 * the start, where there can be something in it.
 */
import type { DatabaseEngine } from '../contract/database.ts'
import type { Drivers } from '../contract/drivers.ts'
import { secretName } from '../contract/names.ts'
import type { Connection } from '../plan/connection.ts'
import type { Rows } from '../plan/database.ts'
import { type AnyDatabase, type Parts, resourcesOf } from '../plan/parts.ts'
import type { SettingReader } from '../plan/secret.ts'
import type { CallKit, RunningCall } from './call.ts'
import { type CachedVault, settingClient } from './clients/vault.ts'
import { type ConnectionAttempt, type OpenConnection, openConnection } from './connection/client.ts'
import type { DatabaseParts } from './database/client.ts'
import { compareColumns } from './database/columns.ts'
import { migrate } from './database/migrate.ts'
import { type SqlOutbox, sqlOutbox } from './database/outbox.ts'
import { logTo } from './log.ts'
import { Pending } from './operations.ts'
import type { WiringParts } from './wiring.ts'

export interface Outsides extends Pick<WiringParts, 'connection' | 'database'> {
  /** The outboxes of the plan's databases, for their relays. */
  readonly outboxes: readonly SqlOutbox[]
}

export interface OutsideParts {
  readonly parts: Parts
  readonly drivers: Drivers
  readonly vault: CachedVault
  readonly kit: CallKit
  readonly fetch: typeof fetch
}

export async function outsides(given: OutsideParts): Promise<Outsides> {
  const connections = new Map(
    resourcesOf(given.parts, 'connection').map(each => [each.name, opened(given, each as Connection)]),
  )
  const databases = new Map(resourcesOf(given.parts, 'database').map(each => [each.name, migrated(given, each)]))
  // Kysely is larger than the whole framework: a plan without a database does not wait for it.
  const clients = databases.size > 0 ? await import('./database/client.ts') : undefined
  return {
    connection: ({ name }, call) => connections.get(name)?.client(connectionCall(call)),
    database: ({ name }, right, call) => {
      const found = databases.get(name)
      return found && clients && databaseClient(clients, found, right, call)
    },
    outboxes: [...databases.values()].map(({ outbox }) => outbox),
  }
}

function opened({ parts, drivers, vault, kit, fetch }: OutsideParts, { name, spec }: Connection): OpenConnection {
  return openConnection(name, spec, {
    fetch,
    clock: drivers.clock,
    fraction: () => kit.entropy.fraction(),
    secretOf: (secret, tenant) => vault.get(secretName(parts.plan.name, secret, tenant)),
    settingOf: setting => (settingClient(parts.plan.name, setting, vault) as SettingReader<string>).get(),
  })
}

function connectionCall(call: RunningCall) {
  return {
    signal: call.signal,
    deadlineMs: call.deadlineMs,
    observe: (attempt: ConnectionAttempt) => observed(call, attempt),
  }
}

/** What was tried is told when it is over, so its span begins in the past. */
function observed(
  call: RunningCall,
  { connection, method, host, path, attempt, status, problem, durationMs }: ConnectionAttempt,
): void {
  const span = call.session.span(`${connection} ${method}`, 'client', call.kit.clock.now() - durationMs)
  span.set('http.request.method', method)
  span.set('server.address', host)
  span.set('url.path', path)
  if (attempt > 1) span.set('http.request.resend_count', attempt - 1)
  if (status !== undefined) span.set('http.response.status_code', status)
  span.end(problem)
}

interface Migrated {
  readonly name: string
  open(): Promise<DatabaseEngine>
  readonly outbox: SqlOutbox
}

function migrated({ drivers, kit }: OutsideParts, { name, spec }: AnyDatabase): Migrated {
  let opening: Promise<DatabaseEngine> | undefined
  const log = logTo(kit.logs, kit.clock, { plan: kit.plan, handler: `database ${name}` }, text => kit.scrub(text))
  const openNow = async (): Promise<DatabaseEngine> => {
    const engine = await drivers.databases.open(name)
    await migrate(engine, spec, log)
    // The types of queries promise the declared rows: say where the real columns break that promise.
    for (const { detail, ...where } of await compareColumns(engine, spec)) log.warn(detail, where)
    return engine
  }
  const open = (): Promise<DatabaseEngine> => {
    opening ??= openNow().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }
  const isUntouched = (): boolean => opening === undefined && (drivers.databases.isUntouched?.(name) ?? false)
  return { name, open, outbox: sqlOutbox(open, isUntouched) }
}

type DatabaseClients = Pick<typeof import('./database/client.ts'), 'databaseReader' | 'databaseWriter'>

function databaseClient(
  { databaseReader, databaseWriter }: DatabaseClients,
  { name, open, outbox }: Migrated,
  right: string,
  call: RunningCall,
): unknown {
  const parts: DatabaseParts = {
    open,
    outbox,
    messagesOf: operation => messagesOf(operation),
    spanned: (verb, run) => call.session.spanned(`${name}.${verb}`, run),
  }
  return right === 'reader' ? databaseReader<Rows>(parts) : databaseWriter<Rows>(parts)
}

/** Takes a message or event out of its operation: the transaction keeps it now. */
function messagesOf(operation: unknown) {
  if (!(operation instanceof Pending))
    throw new TypeError('a transaction takes what sender.send or publisher.publish gives')
  operation.take()
  return operation.messages
}
