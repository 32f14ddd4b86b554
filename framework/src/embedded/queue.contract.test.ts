import { provePromises } from '../contract/suite/promises.ts'
import { queuePromises } from '../contract/suite/queue.ts'
import { memoryClock } from '../memory/clock.ts'
import { embeddedCapabilities } from './capabilities.ts'
import { openEnvironment } from './environment.ts'
import { embeddedQueues } from './queue.ts'
import { folderInMemory } from './test/folder.ts'

provePromises('queue', embeddedCapabilities.engine, queuePromises, async shapes => {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const folder = folderInMemory()
  const opened = async () => {
    const environment = openEnvironment(folder.path, { plan: 'suite' })
    return { environment, queues: await embeddedQueues(environment, { clock, queues: shapes }) }
  }
  let now = await opened()
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    queues: now.queues,
    reopen: async () => {
      await now.environment.close()
      now = await opened()
      return now.queues
    },
    close: async () => {
      await now.environment.close()
      folder.remove()
    },
  }
})
