import { bucketPromises } from '../contract/suite/bucket.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryBuckets } from './bucket.ts'
import { memoryClock } from './clock.ts'
import { memoryQueues } from './queue.ts'

provePromises(
  'bucket',
  'memory',
  bucketPromises,
  async needs => {
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    const queues = memoryQueues({ clock, queues: needs.queues })
    const buckets = memoryBuckets({
      clock,
      buckets: needs.buckets,
      baseUrl: 'http://localhost/links',
      key: 'signs links',
      accept: messages => queues.accept(messages),
    })
    return {
      time: { clock, advance: ms => clock.advance(ms) },
      buckets,
      queues,
      reach: request => (request.headers.has('authorization') ? buckets.upload(request) : buckets.follow(request)),
      close: async () => {},
    }
  },
  {
    'keeps objects and uploads when its process is killed': { reason: 'memory survives nothing' },
  },
)
