/**
 * The promises of stores. What a commit does, keys and limits, reading, expiry and messages stand in files of their
 * own; `storePromises` has them all, with random runs against a model.
 *
 * An engine skips by name what does not apply to it: the outbox, where it holds its queues itself; live changes and
 * lasting, where its capabilities say so.
 */
import { commitPromises } from './store-commits.ts'
import { expiryPromises } from './store-expiry.ts'
import { keyPromises } from './store-keys.ts'
import { lastingPromises, liveChangePromises, messagePromises, outboxPromises } from './store-messages.ts'
import { queryPromises } from './store-queries.ts'
import { randomStorePromises } from './store-random.ts'
import type { StorePromises } from './store-tools.ts'
import { writePromises } from './store-writes.ts'

export { lastingPromises, liveChangePromises, outboxPromises } from './store-messages.ts'
export { randomStorePromises } from './store-random.ts'
export { type StoreNeeds, type StoreSubject, storeNeeds } from './store-tools.ts'

export const storePromises: StorePromises = {
  ...writePromises,
  ...commitPromises,
  ...keyPromises,
  ...queryPromises,
  ...expiryPromises,
  ...messagePromises,
  ...outboxPromises,
  ...liveChangePromises,
  ...lastingPromises,
  ...randomStorePromises(),
}
