/** A system for `contenders/drive.mjs`, on whatever drivers: a queue, a sender's client and a consumer. */
import { z } from 'zod'
import type { Drivers, PlanShape } from '../../framework/src/contract/drivers.ts'
import { shapeOf } from '../../framework/src/contract/plan-shape.ts'
import { consumer } from '../../framework/src/plan/consumer.ts'
import { plan } from '../../framework/src/plan/plan.ts'
import { queue } from '../../framework/src/plan/queue.ts'
import { service } from '../../framework/src/plan/service.ts'
import { type Runtime, runtimeTables, startRuntime } from '../../framework/src/runtime/runtime.ts'

const Job = z.object({ n: z.int(), at: z.number(), customer: z.string(), note: z.string() })
type Job = z.output<typeof Job>

export async function benched(opened: (shape: PlanShape) => Promise<Drivers>) {
  let handle: (job: Job) => unknown = () => undefined
  const jobs = queue('jobs', { message: Job })
  const work = consumer(jobs, { concurrency: 64, handle: async ({ message }) => void (await handle(message)) })
  const system = plan('bench', { services: [service('main', { work })] })
  const drivers = await opened(shapeOf(system, runtimeTables))
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
