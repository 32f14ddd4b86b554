/** When who relays an outbox is told to look. What it keeps is the contract's, and store.test.ts's. */
import { memoryClock } from 'groundplan/memory/clock'
import { expect, it } from 'vitest'
import { Dynamo } from './dynamo.ts'
import { DynamoOutbox } from './outbox.ts'

function outboxOf() {
  const clock = memoryClock(0)
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' }
  const dynamo = new Dynamo({ clock, region: 'eu-central-1', credentials })
  return { clock, dynamo, outbox: new DynamoOutbox(dynamo, 'outbox', 'me') }
}

const minute = 60_000

it('who listens is told to look once a minute, for what a process left that died', async () => {
  const { clock, outbox, dynamo } = outboxOf()
  let told = 0
  const leave = outbox.onEntry(() => told++)
  await clock.advance(3 * minute)
  expect(told).toBe(3)
  leave()
  await clock.advance(3 * minute)
  expect(told).toBe(3)
  outbox.onEntry(() => told++)
  await clock.advance(minute)
  expect(told).toBe(4)
  dynamo.close()
  await clock.advance(3 * minute)
  expect(told).toBe(4)
})
