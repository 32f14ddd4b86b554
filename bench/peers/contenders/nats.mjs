/** NATS JetStream: a work queue with file storage, as its defaults are (it flushes every two minutes). */
import { connect, JSONCodec } from 'nats'

export async function open({ natsPort }) {
  const nats = await connect({ port: natsPort })
  const manager = await nats.jetstreamManager()
  await manager.streams.add({ name: 'jobs', subjects: ['jobs'], retention: 'workqueue', storage: 'file' })
  await manager.consumers.add('jobs', { durable_name: 'worker', ack_policy: 'explicit', max_ack_pending: 1_000 })
  const stream = nats.jetstream()
  const codec = JSONCodec()
  let messages
  return {
    add: job => stream.publish('jobs', codec.encode(job)),
    async work(handle) {
      const consumer = await stream.consumers.get('jobs', 'worker')
      messages = await consumer.consume({ max_messages: 64 })
      void (async () => {
        for await (const message of messages) {
          await handle(codec.decode(message.data))
          message.ack()
        }
      })()
    },
    async close() {
      await messages?.close()
      await manager.streams.delete('jobs')
      await nats.close()
    },
  }
}
