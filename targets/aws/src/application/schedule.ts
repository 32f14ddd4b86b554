/**
 * Schedules: EventBridge Scheduler calls the function of a service when a tick is due; the runtime claims the tick, so
 * that a call made twice runs once. Each schedule may call that one function.
 */
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { fault, type NamedHandler } from 'groundplan/target'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { document, roleOf } from './roles.ts'

export type Rhythm = Extract<NamedHandler['handler'], { kind: 'schedule' }>['when']

interface Timed {
  readonly scheduleExpression: string
  readonly scheduleExpressionTimezone: string
}

export function schedules(kit: Kit, service: string, live: string): void {
  for (const { service: own, name, handler } of kit.system.parts.handlers) {
    if (own.name !== service || (handler.kind !== 'schedule' && handler.kind !== 'retention')) continue
    called(kit, idOf('Schedule', service, name), service, live, timesOf(handler.when), {
      schedule: `${service}/${name}`,
    })
  }
}

/** The carrier's round. */
export function eachMinute(kit: Kit, service: string, live: string): void {
  called(kit, idOf('EachMinute', service), service, live, timesOf({ everyMs: 60_000 }), {
    schedule: 'groundplan/minute',
  })
}

function called(kit: Kit, id: string, service: string, arn: string, times: Timed, input: object): void {
  const group = groupOf(kit)
  new CfnSchedule(kit.stack, id, {
    groupName: group.ref,
    ...times,
    flexibleTimeWindow: { mode: 'OFF' },
    kmsKeyArn: imported(kit, 'KeyArn'),
    target: {
      arn,
      roleArn: callingRole(kit, service, arn),
      input: JSON.stringify(input),
      retryPolicy: { maximumEventAgeInSeconds: 3_600, maximumRetryAttempts: 10 },
    },
  })
}

function groupOf({ stack, system }: Kit): CfnScheduleGroup {
  const known = stack.node.tryFindChild('Schedules')
  return known instanceof CfnScheduleGroup
    ? known
    : new CfnScheduleGroup(stack, 'Schedules', { name: system.names.prefix })
}

function callingRole(kit: Kit, service: string, arn: string): string {
  const id = idOf('ScheduleRole', service)
  const known = kit.stack.node.tryFindChild(id)
  if (known && 'attrArn' in known && typeof known.attrArn === 'string') return known.attrArn
  const calls = { Sid: 'Call', Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [arn] } as const
  const opens = {
    Sid: 'Key',
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: [imported(kit, 'KeyArn')],
  } as const
  return roleOf(kit, id, 'scheduler.amazonaws.com', { calls: document(calls, opens) }).attrArn
}

// ---------- times

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * A rhythm in EventBridge's words. A fixed distance counts from midnight UTC, so it must divide an hour or a day: a rate of
 * EventBridge would count from when it was made. Faults: `unsupported`.
 */
export function timesOf(when: Rhythm): Timed {
  if ('cron' in when) return { scheduleExpression: sixFields(when.cron), scheduleExpressionTimezone: when.zone }
  return { scheduleExpression: everyOf(when.everyMs), scheduleExpressionTimezone: 'UTC' }
}

function everyOf(everyMs: number): string {
  if (everyMs % minuteMs === 0 && hourMs % everyMs === 0) return `cron(${steps(everyMs / minuteMs, 60)} * * * ? *)`
  if (everyMs % hourMs === 0 && dayMs % everyMs === 0) return `cron(0 ${steps(everyMs / hourMs, 24)} * * ? *)`
  throw fault(
    'unsupported',
    `every ${everyMs / 1_000} seconds: on AWS whole minutes that divide an hour, or hours a day`,
  )
}

/** A step as long as the whole is its beginning. */
function steps(each: number, whole: number): string {
  return each === whole ? '0' : `0/${each}`
}

/** EventBridge counts weekdays from 1 (Sunday), wants a year, and a `?` where either day says nothing. */
function sixFields(cron: string): string {
  const [minute, hour, day = '*', month, weekday = '*'] = cron.trim().split(/\s+/)
  if (day !== '*' && weekday !== '*') {
    throw fault('unsupported', `"${cron}" names days of the month and of the week: EventBridge takes one of them`)
  }
  const days = weekday === '*' ? `${day} ${month} ?` : `? ${month} ${weekdays(weekday)}`
  return `cron(${minute} ${hour} ${days} *)`
}

function weekdays(field: string): string {
  const [list = '', step] = field.split('/')
  // A range to Sunday would end before it begins.
  const shifted = list.replace(/(\d)-7/g, '$1-6,7').replace(/\d+/g, day => String((Number(day) % 7) + 1))
  return step === undefined ? shifted : `${shifted}/${step}`
}
