/** graphile-worker, tuned: a local queue of 500, completions in batches. */
import { makeWorkerUtils, run } from 'graphile-worker'

export async function open({ postgresUrl }) {
  const schema = `graphile${process.pid}`
  const logger = quiet()
  const utils = await makeWorkerUtils({ connectionString: postgresUrl, schema, maxPoolSize: 16, logger })
  await utils.migrate()
  let runner
  return {
    add: job => utils.addJob('job', job),
    bulk: jobs => utils.addJobs(jobs.map(payload => ({ identifier: 'job', payload }))),
    async work(handle) {
      const worker = {
        connectionString: postgresUrl,
        schema,
        maxPoolSize: 16,
        concurrentJobs: 64,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger,
      }
      runner = await run({ preset: { worker }, taskList: { job: payload => handle(payload) }, noHandleSignals: true })
    },
    async close() {
      await runner?.stop()
      await utils.release()
    },
  }
}

function quiet() {
  const logger = { scope: () => logger }
  for (const level of ['error', 'warn', 'info', 'debug']) logger[level] = () => {}
  logger.error = message => console.error(message)
  return logger
}
