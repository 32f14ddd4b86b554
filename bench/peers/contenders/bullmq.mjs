/** BullMQ on Redis; how safe it is, Redis's `appendfsync` says. */
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

export async function open({ redisPort }) {
  const connection = () => new Redis({ port: redisPort, maxRetriesPerRequest: null })
  const queue = new Queue('jobs', { connection: connection(), defaultJobOptions: { removeOnComplete: true } })
  await queue.waitUntilReady()
  let worker
  return {
    add: job => queue.add('job', job),
    async work(handle) {
      worker = new Worker('jobs', ({ data }) => handle(data), { connection: connection(), concurrency: 64 })
      await worker.waitUntilReady()
    },
    async close() {
      await worker?.close()
      await queue.obliterate({ force: true })
      await queue.close()
    },
  }
}
