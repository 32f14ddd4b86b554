/**
 * Alarms: conditions looked at each minute. A look only reads; where it finds something to tell, one process claims the
 * minute, looks again, and tells it.
 *
 * What is known of an alarm is one item: since when its condition holds, and whether people were told. It begins when
 * the condition has held for as long as it says; then, in one commit, it is marked, the mail leaves and the reactions'
 * messages leave: once an incident. When the condition no longer holds, people are told that it is over.
 */
import { limits } from '../contract/limits.ts'
import type { Mail } from '../contract/mail.ts'
import { handlerQueue, mailQueue } from '../contract/names.ts'
import type { NewMessage, QueueCounts, Queues } from '../contract/queue.ts'
import type { Key, Store, TableShape } from '../contract/store.ts'
import type { Alarm, AlarmCondition } from '../plan/alarm.ts'
import type { NamedHandler } from '../plan/parts.ts'
import type { CallKit, RunningCall } from './call.ts'
import { digestOf } from './entropy.ts'
import type { AlarmMessage } from './feeds.ts'
import type { Ticking } from './schedules.ts'

export const alarmsTable: TableShape = { name: 'groundplan-alarms', key: ['alarm'], indexes: {}, changesTo: [] }

export interface AlarmParts {
  readonly kit: CallKit
  readonly store: Store
  readonly queues: Queues
  readonly alarms: readonly Alarm[]
  /** The handlers that alarms trigger: reactions, and retentions that name one. */
  readonly reactions: readonly NamedHandler[]
  /** The queue that a view is fed from. */
  viewQueue(view: string): string | undefined
}

interface State {
  readonly sinceMs: number
  readonly told: boolean
}

/** What the look at the alarms is called, and how often it is done. */
export const alarmRhythm = { service: 'groundplan', name: 'alarms', when: { everyMs: 60_000 } } as const

/** The schedule that looks at all alarms. */
export function alarmWatch(parts: AlarmParts): Ticking {
  return {
    ...alarmRhythm,
    timeoutMs: 50_000,
    isNeeded: () => isAmiss(parts),
    run: call => lookAtAll(parts, call),
  }
}

/** Whether any condition holds, or held when it was looked at before. */
async function isAmiss(parts: AlarmParts): Promise<boolean> {
  try {
    for (const { when } of parts.alarms) if ((await measure(parts, when)) > when.above) return true
    for (const keys of inTurns(parts.alarms)) {
      const states = await parts.store.getMany(alarmsTable.name, keys)
      if (states.some(state => state !== undefined)) return true
    }
    return false
  } catch {
    // What cannot be measured is found out, and told, by the look itself.
    return true
  }
}

function* inTurns(alarms: readonly Alarm[]): Generator<readonly Key[]> {
  for (let from = 0; from < alarms.length; from += limits.keysAtOnce) {
    yield alarms.slice(from, from + limits.keysAtOnce).map(({ name }) => ({ alarm: name }))
  }
}

/** What cannot be measured hides no other alarm. */
async function lookAtAll(parts: AlarmParts, call: RunningCall): Promise<void> {
  const failures: unknown[] = []
  for (const alarm of parts.alarms) await look(parts, alarm, call).catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function look(parts: AlarmParts, alarm: Alarm, call: RunningCall): Promise<void> {
  const measured = await measure(parts, alarm.when)
  const state = await stateOf(parts, alarm)
  if (measured <= alarm.when.above) {
    if (state) await end(parts, alarm, state, measured, call)
    return
  }
  const { sinceMs, told } = state ?? { sinceMs: call.nowMs, told: false }
  const begins = !told && call.nowMs - sinceMs >= alarm.forMs
  if (state && !begins) return
  const messages = begins ? beginning(parts, alarm, measured, sinceMs) : []
  await call.session.run(alarm.name, [stateKept(alarm, { sinceMs, told: begins }, messages)])
}

async function stateOf({ store }: AlarmParts, { name }: Alarm): Promise<State | undefined> {
  const item = await store.get(alarmsTable.name, { alarm: name })
  return item && { sinceMs: Number(item.sinceMs), told: item.told === true }
}

function stateKept(alarm: Alarm, state: State, messages: readonly NewMessage[]) {
  return {
    name: `${alarm.name}.put`,
    writes: [{ op: 'put' as const, table: alarmsTable.name, item: { alarm: alarm.name, ...state } }],
    messages,
    result: () => undefined,
  }
}

async function end(
  parts: AlarmParts,
  alarm: Alarm,
  { sinceMs, told }: State,
  measured: number,
  call: RunningCall,
): Promise<void> {
  const messages = told ? mailOf(parts, alarm, 'Over', measured, sinceMs) : []
  await call.session.run(alarm.name, [
    {
      name: `${alarm.name}.remove`,
      writes: [{ op: 'remove', table: alarmsTable.name, key: { alarm: alarm.name } }],
      messages,
      result: () => undefined,
    },
  ])
}

function beginning(parts: AlarmParts, alarm: Alarm, measured: number, sinceMs: number): readonly NewMessage[] {
  const body: AlarmMessage = { measured, sinceMs }
  const reactions = parts.reactions
    .filter(({ handler }) => triggerOf(handler) === alarm)
    .map(({ service, name }) => ({
      queue: handlerQueue(service.name, name),
      id: `${alarm.name}/${sinceMs}`,
      body: JSON.stringify(body),
    }))
  return [...mailOf(parts, alarm, 'Alarm', measured, sinceMs), ...reactions]
}

function triggerOf(handler: NamedHandler['handler']): Alarm | undefined {
  if (handler.kind === 'reaction') return handler.to
  return handler.kind === 'retention' ? handler.also : undefined
}

function mailOf(
  { kit }: AlarmParts,
  alarm: Alarm,
  what: 'Alarm' | 'Over',
  measured: number,
  sinceMs: number,
): readonly NewMessage[] {
  const { name, tell } = alarm
  if (!tell?.to) return []
  // Not one of the call's ids: a look that is repeated passes over what was told, and would give its id to another.
  const id = digestOf(`${kit.plan}/${name}/${sinceMs}/${what}`).slice(0, 32)
  const mail: Mail = {
    id,
    mailbox: tell.name,
    from: tell.from,
    to: [tell.to],
    subject: `[${kit.plan}] ${what}: ${name}`,
    text: saying(alarm, measured),
  }
  return [{ queue: mailQueue(tell.name), id, body: JSON.stringify(mail) }]
}

const units: Readonly<Record<AlarmCondition['measure'], string>> = {
  'dead-letters': 'dead letters',
  backlog: 'messages due',
  'oldest-message-ms': 'ms since the oldest message',
  'view-lag-ms': 'ms behind',
  'error-share': 'of calls failed',
  items: 'items',
}

function saying({ when: { measure, of, above } }: Alarm, measured: number): string {
  return `${of.kind} "${of.name}": ${measured} ${units[measure]}, the limit is ${above}.`
}

async function measure(parts: AlarmParts, { measure: what, of }: AlarmCondition): Promise<number> {
  const { kit, queues, store } = parts
  switch (what) {
    case 'dead-letters':
      return (await queues.counts(of.name)).dead
    case 'backlog':
      return (await queues.counts(of.name)).ready
    case 'oldest-message-ms':
      return oldestMs(kit, await queues.counts(of.name))
    case 'view-lag-ms':
      return oldestMs(kit, await queues.counts(parts.viewQueue(of.name) ?? of.name))
    case 'error-share': {
      const { calls, failures } = kit.metrics.over(of.name, 5)
      return calls === 0 ? 0 : failures / calls
    }
    case 'items':
      return store.count(of.name)
  }
}

function oldestMs({ clock }: CallKit, { oldestDueAtMs }: QueueCounts): number {
  return oldestDueAtMs === undefined ? 0 : clock.now() - oldestDueAtMs
}
