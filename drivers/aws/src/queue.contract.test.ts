import { provePromises, type Skips } from 'groundplan/suite/promises'
import { type QueueNeeds, type QueueSubject, queuePromises } from 'groundplan/suite/queue'
import { vi } from 'vitest'
import { standingTime } from './test/clock.ts'
import { allOf } from './test/engines.ts'
import { testQueues } from './test/queues.ts'

const ownClock = { reason: 'leases and repeated ids go by the clock of SQS: see queue.test.ts', tried: false }
const noOrder = {
  reason: 'SQS gives keys in no order, so a marker sent last may come first: see queue.test.ts',
  tried: false,
}
const about = { reason: 'SQS counts about right, and shows nothing without leasing it', tried: false }

const skips: Skips = {
  'knows an id again for 5 minutes to the millisecond, which repeating does not prolong': ownClock,
  'has two messages of one id when the first still waits after 5 minutes': ownClock,
  'wakes a waiting receive when a lease ends, and not before an extended one does': ownClock,
  'hides a leased message until its lease ends, to the millisecond': ownClock,
  'counts the deliveries of a message that kills whoever takes it': ownClock,
  'does of several what still can be done': ownClock,
  'gives a message again after its delay, with its attempts': ownClock,
  'extends from now on the leases that hold, longer or shorter, and says which': ownClock,
  'changes nothing for a lease that ran out, before somebody else takes the message': ownClock,
  'changes nothing for a lease that ran out, after somebody else took the message': ownClock,
  'gives a message whose lease ran out again before the next of its key': ownClock,
  'keeps the order of every key among 10 receivers of which many fail': ownClock,
  'keeps a dead letter with all it was, its reason and its trace': ownClock,
  'keeps messages, leases, attempts and dead letters when its process is killed': ownClock,
  'loses nothing between aborts and sends at the same moment': noOrder,
  'gives a message from its due time on, to the millisecond': noOrder,
  'gives the messages of a key in the order sent, each after the one before is done': noOrder,
  'gives one message of a key at once, and does not hold back other keys': noOrder,
  'holds back the rest of a key behind a postponed message': noOrder,
  'forgets a purged key, but not its leased message': noOrder,
  'purges what waits, due or not, and nothing that is leased or dead': noOrder,
  'gives a message that was due before it was sent at once': about,
  'counts what is ready, delayed, leased and dead': about,
  'counts by the time it is, without anybody receiving': about,
  'says since when the message has been due that waits longest': about,
  'counts messages behind others of their key as ready, and a postponed one as delayed': about,
  'shows what waits, the longest due first, and changes nothing by it': about,
  'shows the order keys of what waits': about,
  'loses nothing, gives nothing early and nothing twice, whatever happens in whatever order': about,
  'keeps the order of every key, whatever happens in whatever order': about,
}

vi.setConfig({ testTimeout: 30_000 })

await allOf(['elasticmq', 'dynamodb'], (sqs, dynamodb) =>
  provePromises(
    'queue',
    'SQS (ElasticMQ) and DynamoDB (DynamoDB Local)',
    queuePromises,
    async (needs: QueueNeeds): Promise<QueueSubject> => {
      const time = standingTime()
      const queues = await testQueues({ sqs: sqs.endpoint, dynamodb: dynamodb.endpoint }, time.clock, needs)
      return { time, queues: queues.open(), reopen: async () => queues.open(), close: queues.close }
    },
    skips,
  ),
)
