/**
 * Operator: what somebody who runs a system may look at and steer, whether it runs or rests. JSON in and out, so that
 * the same interface is had in the process, over its control socket and in the console. Each method takes one object.
 *
 * No secret ever comes out: of secrets there are names, versions and times, and a key of a program is given once, when
 * it is made.
 *
 * Names are those of the plan; a queue that the plan does not name itself is called as `contract/names.ts` has it, a
 * schedule `service/name`. Faults of all methods: `request-invalid` (no such thing in this plan, or nothing that could
 * be one), `engine-unavailable`, `stopping`.
 */
import type { QueueCounts } from './queue.ts'
import type { Item, Key } from './store.ts'

export interface Operator {
  about(): Promise<About>

  queues(): Promise<readonly QueueInfo[]>
  /** What waits, the longest due first, or the dead letters in the order they were buried. Nothing is leased. */
  peekQueue(ask: { queue: string; which: QueuePart; limit: number }): Promise<readonly PeekedMessage[]>
  /** Makes dead letters wait again: all, or those of these ids. */
  redriveQueue(ask: { queue: string; ids?: readonly string[] | undefined }): Promise<Counted>
  /** Removes what waits and is not leased, or the dead letters. */
  purgeQueue(ask: { queue: string; which: QueuePart }): Promise<Counted>
  /** To a queue that the plan names. Faults: `message-invalid`, `message-too-large`, `delay-on-ordered-queue`. */
  sendMessage(ask: SendAsk): Promise<{ readonly id: string }>

  schedules(): Promise<readonly ScheduleInfo[]>
  /** Runs it now, claimed; resolves when it has ended. Faults: `conflict` where it runs already. */
  runSchedule(ask: { schedule: string }): Promise<ScheduleRun>

  tables(): Promise<readonly TableInfo[]>
  /** As it is kept. Faults: `invalid-key`. */
  getItem(ask: { table: string; key: Key }): Promise<{ readonly item?: Item }>
  /** Faults: `invalid-key`, `invalid-cursor`, `page-size-invalid`. */
  queryTable(ask: QueryAsk): Promise<{ readonly items: readonly Item[]; readonly after?: string }>
  /** All items as they are kept, each once if it does not change meanwhile; as slowly as they are taken. */
  exportTable(ask: { table: string }): AsyncIterable<Item>
  /** Reads every item through its schema, and counts those that fit none: of one table, or of all. Changes nothing. */
  checkData(ask: { table?: string | undefined }): AsyncIterable<DataCheck>

  secrets(): Promise<readonly VaultInfo[]>
  /** With `overlapMs` the value before stays good for so long. Faults: `invalid-key`, `item-too-large`. */
  setSecret(ask: SecretAsk & { value: string; overlapMs?: number | undefined }): Promise<VaultInfo>
  removeSecret(ask: SecretAsk): Promise<Counted>
  settings(): Promise<readonly SettingInfo[]>
  /** Faults: `setting-invalid`. */
  setSetting(ask: { name: string; value: string }): Promise<SettingInfo>

  apiKeys(): Promise<readonly ApiKeyInfo[]>
  /** The key's text is given here, once. `keys`: which keys of the plan; may be left away where it declares one kind. */
  createApiKey(ask: NewApiKeyAsk): Promise<{ readonly keys: string; readonly keyId: string; readonly text: string }>
  /** Makes a key in the old one's place, which is good for `overlapMs` more. Faults: `request-invalid` where there is none. */
  rotateApiKey(ask: {
    keys?: string | undefined
    keyId: string
    overlapMs: number
  }): Promise<{ readonly keys: string; readonly keyId: string; readonly text: string }>
  revokeApiKey(ask: { keys?: string | undefined; keyId: string }): Promise<Counted>

  views(): Promise<readonly ViewInfo[]>
  /** Makes it again from its source, while it is in use. */
  rebuildView(ask: { view: string }): Promise<Counted>
  alarms(): Promise<readonly AlarmInfo[]>

  /** Fills in the sample data; gives what it says. Faults: `unsupported` where the system has none. */
  seed(): Promise<{ readonly said: readonly string[] }>
}

/** The methods that give a stream. */
export type OperatorStreams = 'exportTable' | 'checkData'

export interface About {
  readonly plan: string
  readonly pid: number
  /** Whether queues, schedules and views work by themselves. */
  readonly running: boolean
  readonly nowMs: number
}

/** How many it was. */
export interface Counted {
  readonly count: number
}

export type QueuePart = 'waiting' | 'dead'

export interface QueueInfo extends QueueCounts {
  readonly name: string
  /** `plan`: named in the plan, and may be sent to. Else what it feeds. */
  readonly of: 'plan' | 'subscriber' | 'view' | 'reaction' | 'retention' | 'mailbox'
  readonly ordered: boolean
}

export interface PeekedMessage {
  readonly id: string
  /** JSON as it was sent; a text where it is none. */
  readonly message: unknown
  readonly orderKey?: string
  readonly sentAtMs: number
  readonly attempts: number
  /** Of dead letters. */
  readonly buriedAtMs?: number
  readonly reason?: string
  readonly trace?: string
}

export interface SendAsk {
  readonly queue: string
  readonly message: unknown
  readonly id?: string | undefined
  /** Not before; not on an ordered queue. */
  readonly dueAtMs?: number | undefined
}

export interface ScheduleInfo {
  /** `service/name`. */
  readonly name: string
  readonly kind: 'schedule' | 'retention' | 'alarms'
  readonly when: { readonly cron: string; readonly zone: string } | { readonly everyMs: number }
  readonly nextAtMs: number
  readonly last?: {
    readonly atMs: number
    readonly state: 'running' | 'done'
    readonly finishedAtMs?: number
    readonly failure?: string
  }
}

export interface ScheduleRun {
  readonly ok: boolean
  /** What went wrong, without secrets. */
  readonly failure?: string
  readonly tookMs: number
}

export interface TableInfo {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly key: readonly string[]
  readonly indexes: Readonly<Record<string, readonly string[]>>
  /** Those of their attributes that are numbers. */
  readonly numbers: readonly string[]
  /** About. */
  readonly items: number
}

export interface QueryAsk {
  readonly table: string
  readonly index?: string | undefined
  readonly partition: string | number
  readonly from?: string | number | undefined
  readonly to?: string | number | undefined
  readonly prefix?: string | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
  readonly reverse?: boolean | undefined
}

export interface DataCheck {
  readonly table: string
  /** How many were read. */
  readonly items: number
  readonly unfit: number
  /** The first few that do not fit. */
  readonly examples: readonly { readonly key: Key; readonly issues: string }[]
}

export interface SecretAsk {
  readonly name: string
  /** Of a secret that there is one for each tenant of. */
  readonly tenant?: string | undefined
}

/** A secret; without version and time where nobody has set it. */
export interface VaultInfo {
  readonly name: string
  readonly tenant?: string
  readonly version?: number
  readonly changedAtMs?: number
  /** Until when the version before is good as well. */
  readonly previousUntilMs?: number
  /** False: it is in the vault, and the plan does not name it any more. */
  readonly declared: boolean
}

/** Settings are no secrets, so their values are shown. */
export interface SettingInfo {
  readonly name: string
  readonly value?: string
  readonly version?: number
  readonly changedAtMs?: number
  /** Why handlers cannot use it as it is. */
  readonly problem?: string
  readonly declared: boolean
}

export interface NewApiKeyAsk {
  readonly keys?: string | undefined
  readonly account: string
  /** What the key is used for. */
  readonly name: string
  readonly scopes: readonly string[]
  readonly rate?: string | undefined
  readonly expiresAtMs?: number | undefined
}

export interface ApiKeyInfo {
  readonly keys: string
  readonly keyId: string
  readonly account: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly rate?: string
  readonly createdAt: string
  readonly lastUsedAt?: string
  readonly expiresAt?: string
}

export interface ViewInfo {
  readonly name: string
  readonly of: string
  readonly built: boolean
  /** Changes that are not in it yet. */
  readonly waiting: number
  readonly dead: number
  readonly lagMs: number
}

export interface AlarmInfo {
  readonly name: string
  readonly measure: string
  readonly of: string
  readonly above: number
  /** Since when its condition holds, and whether people were told. */
  readonly sinceMs?: number
  readonly told?: boolean
}
