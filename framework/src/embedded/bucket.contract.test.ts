import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bucketPromises } from '../contract/suite/bucket.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryQueues } from '../memory/queue.ts'
import { embeddedBuckets } from './bucket.ts'
import { openEnvironment } from './environment.ts'

provePromises('bucket', 'embedded', bucketPromises, async needs => {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-bucket-'))
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const queues = memoryQueues({ clock, queues: needs.queues })
  const opened = () => {
    const environment = openEnvironment(folder, { plan: 'test' })
    const buckets = embeddedBuckets(environment, {
      clock,
      buckets: needs.buckets,
      baseUrl: 'http://localhost/links',
      key: 'signs links',
      accept: messages => queues.accept(messages),
    })
    return { environment, buckets }
  }
  let current = opened()
  const closed = async () => {
    await current.buckets.close()
    await current.environment.close()
  }
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    buckets: current.buckets,
    queues,
    reach: request =>
      request.headers.has('authorization') ? current.buckets.upload(request) : current.buckets.follow(request),
    async reopen() {
      await closed()
      current = opened()
      return current.buckets
    },
    async close() {
      await closed()
      await rm(folder, { recursive: true })
    },
  }
})
