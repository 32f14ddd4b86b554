/**
 * The systems' own cases while AWS is at its worst: a fifth of all calls to DynamoDB is turned away as too many, half of all
 * messages come twice, and those without an order in any. What is left in the end is what the cases say.
 */

import { sellingIn } from '@systems/counter/test/selling'
import { orderLineIn } from '@systems/storefront/test/order-line'
import { homeOn } from 'groundplan/home'
import { afterAll, expect, it, vi } from 'vitest'
import { allOf } from './test/engines.ts'
import { awsHome } from './test/home.ts'
import { lossyWay } from './test/lossy.ts'
import { seeded, type Unruly, unrulyQueues } from './test/unruly.ts'

vi.setConfig({ testTimeout: 240_000 })

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], async (dynamodb, sqs, moto, ses) => {
  const way = await lossyWay(dynamodb.endpoint)
  const homes: Unruly[] = []
  const endpoints = { dynamodb: way.endpoint, sqs: sqs.endpoint, moto: moto.endpoint, ses: ses.endpoint }

  const onBadDays = homeOn(async shape => {
    way.busy = 0
    const drivers = await awsHome(shape, endpoints)
    const queues = unrulyQueues(drivers.queues, shape.queues, seeded(homes.length))
    homes.push(queues)
    way.busy = 0.2
    const close = async (): Promise<void> => {
      way.busy = 0
      await drivers.close()
    }
    return { ...drivers, queues, close }
  })
  afterAll(() => way.close())

  sellingIn('on AWS, throttled, with every other message twice', onBadDays)
  orderLineIn('on AWS, throttled, with every other message twice', onBadDays)

  it('there were faults of every kind', () => {
    expect(way.refused).toBeGreaterThan(100)
    expect(homes.reduce((sum, { repeated }) => sum + repeated, 0)).toBeGreaterThan(20)
  })
})
