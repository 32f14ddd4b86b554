import { provePromises } from '../contract/suite/promises.ts'
import { queuePromises } from '../contract/suite/queue.ts'
import { memoryClock } from './clock.ts'
import { memoryQueues } from './queue.ts'

provePromises(
  'queue',
  'memory',
  queuePromises,
  async queues => {
    const clock = memoryClock(Date.UTC(2030, 0, 1))
    return {
      time: { clock, advance: ms => clock.advance(ms) },
      queues: memoryQueues({ clock, queues }),
      close: async () => {},
    }
  },
  {
    'keeps messages, leases, attempts and dead letters when its process is killed': {
      reason: 'memory survives nothing',
    },
  },
)
