import { expect, test } from 'vitest'
import { partsOf } from '../plan/parts.ts'
import { everything } from '../plan/test/everything.ts'
import { hasQueue, shapeOf } from './plan-shape.ts'

const shape = shapeOf(everything)

test('tables and views are tables to an engine, with the queues that hear of their changes', () => {
  expect(shape.plan).toBe('everything')
  const byName = Object.fromEntries(shape.tables.map(table => [table.name, table]))
  expect(Object.keys(byName).sort()).toEqual(['mine', 'orders', 'partner-key-usage', 'partner-keys', 'sessions'])
  expect(byName.orders).toEqual({
    name: 'orders',
    key: ['orderId'],
    indexes: { customer: ['customerId', 'at'] },
    version: 'revision',
    changesTo: ['backend.follow', 'backend.mine'],
  })
  expect(byName.mine).toEqual({
    name: 'mine',
    key: ['customerId', 'orderId'],
    indexes: {},
    changesTo: ['backend.followMine'],
  })
  expect(byName.sessions).toMatchObject({ expires: 'until', changesTo: [] })
})

test('each subscriber, view, reaction, mailbox and retention with an alarm has a queue beside the plan’s own', () => {
  expect(shape.queues).toEqual([
    { name: 'jobs', ordered: false },
    { name: 'updates', ordered: true },
    { name: 'backend.tell', ordered: false },
    { name: 'backend.note', ordered: true },
    { name: 'backend.follow', ordered: true },
    { name: 'backend.followMine', ordered: true },
    { name: 'backend.uploaded', ordered: false },
    { name: 'backend.mine', ordered: true },
    { name: 'backend.unstick', ordered: false },
    { name: 'backend.cleanUp', ordered: false },
    { name: 'mail.box.people', ordered: false },
  ])
})

test('queues have names of their own, and everything that is heard goes to one of them', () => {
  const queues = shape.queues.map(({ name }) => name)
  const heard = [...shape.tables.flatMap(table => table.changesTo), ...shape.buckets.flatMap(each => each.createdTo)]
  expect(new Set(queues).size).toBe(queues.length)
  expect(heard.filter(name => !queues.includes(name))).toEqual([])
})

test('buckets say how long they keep, and who hears of new objects', () => {
  const days = 86_400_000
  expect(shape.buckets).toEqual([
    { name: 'files', expireAfterMs: 90 * days, createdTo: ['backend.uploaded'] },
    { name: 'archive', coldAfterMs: 30 * days, createdTo: [] },
  ])
  expect(shape.databases).toEqual([{ name: 'ledger' }])
})

test('tables of the runtime stand beside the plan’s', () => {
  const own = { name: 'groundplan-once', key: ['id'], indexes: {}, changesTo: [] }
  expect(shapeOf(everything, [own]).tables).toEqual([...shape.tables, own])
})

test('handlers that time, requests or a queue of the plan feed have no queue of their own', () => {
  const without = partsOf(everything).handlers.filter(named => !hasQueue(named))
  expect([...new Set(without.map(({ handler }) => handler.kind))]).toEqual(['endpoint', 'schedule', 'consumer'])
})
