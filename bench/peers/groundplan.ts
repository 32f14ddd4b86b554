/** Groundplan for `contenders/drive.mjs`: the whole runtime on the embedded engines, a queue and its consumer. */
import { join } from 'node:path'
import { z } from 'zod'
import { shapeOf } from '../../framework/src/contract/plan-shape.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { embeddedDrivers } from '../../framework/src/embedded/drivers.ts'
import { consumer } from '../../framework/src/plan/consumer.ts'
import { plan } from '../../framework/src/plan/plan.ts'
import { queue } from '../../framework/src/plan/queue.ts'
import { service } from '../../framework/src/plan/service.ts'
import { type Runtime, runtimeTables, startRuntime } from '../../framework/src/runtime/runtime.ts'

const Job = z.object({ n: z.int(), at: z.number(), customer: z.string(), note: z.string() })
type Job = z.output<typeof Job>

export async function open({ folder }: { readonly folder: string }) {
  let handle: (job: Job) => unknown = () => undefined
  const jobs = queue('jobs', { message: Job })
  const work = consumer(jobs, { concurrency: 64, handle: async ({ message }) => void (await handle(message)) })
  const system = plan('bench', { services: [service('main', { work })] })
  const drivers = await embeddedDrivers(shapeOf(system, runtimeTables), {
    folder: join(folder, 'data'),
    clock: systemClock(),
    baseUrl: 'http://127.0.0.1',
  })
  const logs = (record: { readonly level: string; readonly message: string }): void => {
    if (record.level === 'error') console.error(record.message)
  }
  const sending = await startRuntime(system, drivers, { logs, background: false })
  const { jobs: sender } = sending.clients('bench', { jobs: jobs.sender }) as {
    jobs: { send(job: Job): Promise<void> }
  }
  let working: Runtime | undefined
  return {
    async add(job: Job): Promise<void> {
      await sender.send(job)
    },
    async work(given: (job: Job) => unknown) {
      handle = given
      working = await startRuntime(system, drivers, { logs })
    },
    async close() {
      await working?.stop(1_000)
      await sending.stop(1_000)
      await drivers.close()
    },
  }
}
