/** Names that AWS takes, and that stay apart. */
import { describe, expect, it } from 'vitest'
import { queueName, resourceName, tableDefinition } from './names.ts'

describe('names on AWS', () => {
  it('say the plan, the environment and the thing', () => {
    expect(resourceName('shop-test', 'orders')).toBe('shop-test-orders')
    expect(queueName('shop-test', 'backend.placeOrder')).toBe('shop-test-backend_placeOrder.fifo')
  })

  it('of queues have 80 characters at most, and differ where only their ends do', () => {
    const long = (end: string): string =>
      queueName('a-long-name-of-a-plan-test', `${'s'.repeat(48)}.${'h'.repeat(40)}${end}`)
    expect(long('a')).toHaveLength(80)
    expect(long('a')).toMatch(/^[\w-]+\.fifo$/)
    expect(long('a')).not.toBe(long('b'))
    expect(long('a')).toBe(long('a'))
  })

  it('of attributes are the same for a table and what reads it', () => {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = tableDefinition('orders', {
      key: ['id'],
      indexes: { byCustomer: ['customerId', 'placedAt'] },
    })
    expect(AttributeDefinitions.map(({ AttributeName }) => AttributeName)).toEqual([
      'p',
      'i.byCustomer.p',
      'i.byCustomer.s',
    ])
    expect(KeySchema).toEqual([{ AttributeName: 'p', KeyType: 'HASH' }])
    expect(GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['by.byCustomer'])
  })
})
