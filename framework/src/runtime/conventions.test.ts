import { describe, expect, it } from 'vitest'
import { fault } from '../contract/problems.ts'
import type { Write } from '../contract/store.ts'
import { commitAttributes, deliveryAttributes, errorType, readAttributes, statusOf } from './conventions.ts'

const insert = (table: string): Write => ({ op: 'insert', table, item: {} })
const remove = (table: string): Write => ({ op: 'remove', table, key: { id: '1' } })

describe('What a span says', () => {
  it('of a read: the table and the verb', () => {
    expect(readAttributes('orders', 'by.state')).toEqual({
      'db.system.name': 'groundplan',
      'db.collection.name': 'orders',
      'db.operation.name': 'by.state',
    })
  })

  it('of one write: the table and the verb', () => {
    expect(commitAttributes([insert('orders')], [])).toEqual({
      'db.system.name': 'groundplan',
      'db.collection.name': 'orders',
      'db.operation.name': 'insert',
    })
  })

  it('of several writes: how many, and what they have in common', () => {
    expect(commitAttributes([insert('orders'), insert('orders')], [])).toEqual({
      'db.system.name': 'groundplan',
      'db.collection.name': 'orders',
      'db.operation.name': 'BATCH insert',
      'db.operation.batch.size': 2,
    })
    expect(commitAttributes([insert('orders'), remove('products')], [{ queue: 'events' }])).toEqual({
      'db.system.name': 'groundplan',
      'db.operation.name': 'BATCH',
      'db.operation.batch.size': 2,
      'messaging.system': 'groundplan',
      'messaging.destination.name': 'events',
    })
  })

  it('of messages: where they go, and how many', () => {
    const send = { 'messaging.operation.type': 'send', 'messaging.operation.name': 'send' }
    expect(commitAttributes([], [{ queue: 'jobs' }])).toEqual({
      'messaging.system': 'groundplan',
      'messaging.destination.name': 'jobs',
      ...send,
    })
    expect(commitAttributes([], [{ queue: 'jobs' }, { queue: 'mails' }])).toEqual({
      'messaging.system': 'groundplan',
      'messaging.batch.message_count': 2,
      ...send,
    })
  })

  it('of a delivery: the message, or how many', () => {
    const common = {
      'messaging.system': 'groundplan',
      'messaging.destination.name': 'jobs',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
    }
    const one = { id: 'm-1', attempt: 2 }
    expect(deliveryAttributes('jobs', [one])).toEqual({
      ...common,
      'messaging.message.id': 'm-1',
      'groundplan.attempt': 2,
    })
    expect(deliveryAttributes('jobs', [one, one])).toEqual({ ...common, 'messaging.batch.message_count': 2 })
  })

  it('of an answer: its status, also where it is an error', () => {
    expect(statusOf(undefined, { kind: 'json', status: 201 })).toBe(201)
    expect(statusOf(fault('conflict', ''), undefined)).toBe(409)
    expect(statusOf(new Error('broken'), undefined)).toBe(500)
    expect(statusOf(undefined, undefined)).toBeUndefined()
    expect(statusOf(undefined, [])).toBeUndefined()
  })

  it('of a failure: the code of the problem, or the class of the error', () => {
    expect(errorType(fault('timed-out', 'late'))).toBe('timed-out')
    expect(errorType(new TypeError('broken'))).toBe('TypeError')
    expect(errorType('rate-limited')).toBe('rate-limited')
    expect(errorType('whatever somebody threw')).toBe('_OTHER')
  })
})
