/**
 * What each method of the operator may be asked with. The compiler holds these schemas and the interface together.
 */
import { z } from 'zod'
import { limits } from '../../contract/limits.ts'
import type { Operator } from '../../contract/operator.ts'

type Asks = {
  readonly [Method in keyof Operator]: z.ZodType<
    Parameters<Operator[Method]> extends [infer Ask] ? Ask : Readonly<Record<string, never>>
  >
}

const name = z.string().min(1).max(500)
const nothing = z.strictObject({})
const text = z.string().max(limits.secretBytes)
const instant = z.int().min(0).max(8.64e15)
const keyValue = z.union([z.string(), z.number()])
const which = z.enum(['waiting', 'dead'])
const limit = z.int().min(1).max(limits.pageItems)

export const asks = {
  about: nothing,
  queues: nothing,
  peekQueue: z.strictObject({ queue: name, which, limit }),
  redriveQueue: z.strictObject({ queue: name, ids: z.array(z.string()).max(10_000).optional() }),
  purgeQueue: z.strictObject({ queue: name, which }),
  sendMessage: z.strictObject({
    queue: name,
    message: z.unknown(),
    id: name.optional(),
    dueAtMs: instant.optional(),
  }),
  schedules: nothing,
  runSchedule: z.strictObject({ schedule: name }),
  tables: nothing,
  getItem: z.strictObject({ table: name, key: z.record(z.string(), keyValue) }),
  queryTable: z.strictObject({
    table: name,
    index: name.optional(),
    partition: keyValue,
    from: keyValue.optional(),
    to: keyValue.optional(),
    prefix: z.string().optional(),
    limit: limit.optional(),
    after: z.string().optional(),
    reverse: z.boolean().optional(),
  }),
  exportTable: z.strictObject({ table: name }),
  checkData: z.strictObject({ table: name.optional() }),
  secrets: nothing,
  setSecret: z.strictObject({
    name,
    tenant: name.optional(),
    value: text,
    overlapMs: z
      .int()
      .min(0)
      .max(365 * 86_400_000)
      .optional(),
  }),
  removeSecret: z.strictObject({ name, tenant: name.optional() }),
  settings: nothing,
  setSetting: z.strictObject({ name, value: text }),
  apiKeys: nothing,
  createApiKey: z.strictObject({
    keys: name.optional(),
    account: name,
    name,
    scopes: z.array(name).max(100),
    rate: name.optional(),
    expiresAtMs: instant.optional(),
  }),
  rotateApiKey: z.strictObject({
    keys: name.optional(),
    keyId: name,
    overlapMs: z
      .int()
      .min(0)
      .max(365 * 86_400_000),
  }),
  revokeApiKey: z.strictObject({ keys: name.optional(), keyId: name }),
  views: nothing,
  rebuildView: z.strictObject({ view: name }),
  alarms: nothing,
  seed: nothing,
} satisfies Asks
