/**
 * `groundplan/driver`: what whoever writes a driver needs of the contract. The promises and their types, and what every
 * engine shares: limits, faults, keys and their order, what a commit does, what a tick is.
 */
export * from './contract/bucket.ts'
export type * from './contract/capabilities.ts'
export * from './contract/checks.ts'
export * from './contract/clock.ts'
export type * from './contract/database.ts'
export type * from './contract/drivers.ts'
export * from './contract/engine.ts'
export * from './contract/json.ts'
export * from './contract/keys.ts'
export * from './contract/limits.ts'
export { checkPartNumber } from './contract/links.ts'
export type * from './contract/mail.ts'
export * from './contract/mail-once.ts'
export * from './contract/names.ts'
export {
  checkPart,
  checkPartOrder,
  checkPrefix,
  checkPut,
  cursorOf as objectCursorOf,
  hasExpired,
  joinedEtag,
  keyInCursor,
  type Restored,
  restoreMs,
  stateAt,
} from './contract/objects.ts'
export { shapeOf } from './contract/plan-shape.ts'
export * from './contract/problems.ts'
export * from './contract/queue.ts'
export type * from './contract/queue-handed.ts'
export * from './contract/schedule.ts'
export * from './contract/scrubber.ts'
export * from './contract/secret.ts'
export * from './contract/signature-v4.ts'
export * from './contract/sql.ts'
export * from './contract/sql-session.ts'
export type * from './contract/store.ts'
export type { LogRecord } from './contract/telemetry.ts'
export { checkUploadBytes, checkUploadScope } from './contract/uploads.ts'
export { type UploadDoorOptions, uploadDoor } from './contract/uploads-follow.ts'
export * from './contract/vault.ts'
