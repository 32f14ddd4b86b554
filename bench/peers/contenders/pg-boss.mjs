/** pg-boss, tuned: woken by NOTIFY, batches of 64, fetching on while batches are full. */
import { PgBoss } from 'pg-boss'

export async function open({ postgresUrl }) {
  const boss = new PgBoss({
    connectionString: postgresUrl,
    max: 16,
    useListenNotify: true,
    schema: `boss${process.pid}`,
  })
  boss.on('error', error => console.error(String(error)))
  await boss.start()
  await boss.createQueue('jobs', { notify: true })
  return {
    add: job => boss.send('jobs', job),
    bulk: jobs =>
      boss.insert(
        'jobs',
        jobs.map(data => ({ data })),
      ),
    async work(handle) {
      const options = { batchSize: 64, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }
      await boss.work('jobs', options, async jobs => {
        await Promise.all(jobs.map(({ data }) => handle(data)))
      })
    },
    close: () => boss.stop({ graceful: false }),
  }
}
