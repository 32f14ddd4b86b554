/** The client that each grant gives. */
import { fault } from '../contract/problems.ts'
import type { Bucket } from '../plan/bucket.ts'
import type { Connection } from '../plan/connection.ts'
import type { Database } from '../plan/database.ts'
import type { Grant } from '../plan/grant.ts'
import type { Mailbox } from '../plan/mailbox.ts'
import type { Queue } from '../plan/queue.ts'
import type { SecretResource, Setting, TenantSecrets } from '../plan/secret.ts'
import type { AnyService } from '../plan/service.ts'
import type { Topic } from '../plan/topic.ts'
import { bucketClient } from './clients/bucket.ts'
import { viewGauge } from './clients/gauge.ts'
import { mailSender, queueSender, topicPublisher } from './clients/messages.ts'
import { queueRedriver } from './clients/redriver.ts'
import { serviceClient } from './clients/service.ts'
import { type TableAccess, tableClient } from './clients/table.ts'
import { secretClient, settingClient } from './clients/vault.ts'
import type { ClientFactory, Wiring, WiringParts } from './wiring.ts'

export function factoryOf(parts: WiringParts, wired: Wiring, { resource, right }: Grant<unknown>): ClientFactory {
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
