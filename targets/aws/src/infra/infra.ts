/** The first template: what a system keeps and stands on. It changes seldom, and goes first. */
import { type Kit, zoneId } from '../kit.ts'
import { databasesOf, imagesOf } from '../system.ts'
import { buckets, logBucket } from './bucket.ts'
import { databases } from './database.ts'
import { certificate } from './door.ts'
import { repositories } from './images.ts'
import { key } from './key.ts'
import { mailDomains } from './mail.ts'
import { network } from './network.ts'
import { operations } from './operations.ts'
import { queues } from './queue.ts'
import { tables } from './store.ts'
import { secrets } from './vault.ts'

export function infra(kit: Kit): void {
  const { system } = kit
  const zone = zoneId(kit)
  const sealing = key(kit)
  tables(kit, sealing)
  queues(kit, sealing)
  secrets(kit, sealing)
  buckets(kit, sealing, logBucket(kit))
  operations(kit, sealing)
  mailDomains(kit, zone)
  certificate(kit, zone)
  const images = imagesOf(system)
  repositories(kit, images, sealing)
  // Functions need none, unless they use what is in it.
  if (images.length > 0 || databasesOf(system).length > 0) databases(kit, sealing, network(kit, sealing))
}
