import { expect, test } from 'vitest'
import { timesOf } from './schedule.ts'

test.each([
  ['0 3 * * *', 'cron(0 3 * * ? *)'],
  ['*/5 9-17 * * 1-5', 'cron(*/5 9-17 ? * 2-6 *)'],
  ['0 0 1 */3 *', 'cron(0 0 1 */3 ? *)'],
  ['30 4 * * 0,6', 'cron(30 4 ? * 1,7 *)'],
  ['0 8 * * 6-7', 'cron(0 8 ? * 7-7,1 *)'],
  ['30 4 * * 7', 'cron(30 4 ? * 1 *)'],
  ['0 12 * * MON-FRI', 'cron(0 12 ? * MON-FRI *)'],
])('the five fields %s are %s: weekdays from 1, and a year', (cron, expression) => {
  expect(timesOf({ cron, zone: 'Europe/Berlin' })).toEqual({
    scheduleExpression: expression,
    scheduleExpressionTimezone: 'Europe/Berlin',
  })
})

test.each([
  [1, 'cron(0/1 * * * ? *)'],
  [15, 'cron(0/15 * * * ? *)'],
  [60, 'cron(0 * * * ? *)'],
  [360, 'cron(0 0/6 * * ? *)'],
  [1_440, 'cron(0 0 * * ? *)'],
])('every %d minutes counts from midnight UTC: %s', (minutes, expression) => {
  expect(timesOf({ everyMs: minutes * 60_000 }).scheduleExpression).toBe(expression)
})

test.each([30_000, 7 * 60_000, 36 * 3_600_000])(
  'every %d ms is refused: EventBridge would count from elsewhere',
  everyMs => {
    expect(() => timesOf({ everyMs })).toThrow('unsupported')
  },
)

test('days of the month and of the week together are refused: EventBridge takes one of them', () => {
  expect(() => timesOf({ cron: '0 0 13 * 5', zone: 'UTC' })).toThrow('one of them')
})
