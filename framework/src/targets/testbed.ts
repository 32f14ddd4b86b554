/**
 * The testbed: a whole system in memory, all services together, on a clock that is advanced. It boots in milliseconds;
 * beds run side by side.
 */

import { refuseMistakes } from '../contract/plan-check.ts'
import { shapeOf } from '../contract/plan-shape.ts'
import { memoryClock } from '../memory/clock.ts'
import { memoryCapabilities, memoryDrivers } from '../memory/drivers.ts'
import type { Gateways, Plan } from '../plan/plan.ts'
import { runtimeTables } from '../runtime/runtime.ts'
import { Bed, type Testbed, type TestbedOptions } from './testbed/bed.ts'
import { isOver, whileRunning } from './testbed/settle.ts'

export { type DatabaseTemplate, databaseTemplate } from '../memory/database.ts'
export type { Testbed, TestbedOptions } from './testbed/bed.ts'
export { CallRefused } from './testbed/clients.ts'
export { type Killing, killedEverywhere } from './testbed/kill.ts'
export { ProcessDied } from './testbed/process.ts'

/** When a bed's time begins, unless told otherwise. */
const beginning = new Date('2026-01-01T00:00:00Z')

/** How far indexes lag behind, unless told otherwise. */
const indexLagMs = 20

/**
 * Boots a plan in memory. Close the bed when done (`await using` does it): it names what leaked.
 * - `at`: when its time begins. Default 2026-01-01, 00:00 UTC.
 * - `settings`, `secrets`: what the vault holds, by name.
 * - `throttle`: false lifts the throttles of gateways. Default true.
 * - `indexLagMs`: how far indexes lag behind writes. Default 20.
 * - `databases`: those of a server, for what is to hold on both. Default: PostgreSQL in memory.
 * - `outbox`: whether messages wait in an outbox first. Default true, as on AWS.
 * - `databaseTemplate`: one for all beds of a process reads and unpacks the files of a new database once.
 * Problem codes: `plan-invalid`, with every mistake of the plan.
 * @example
 * await using bed = await testbed(counter)
 * const reply = await bed.api.sell()
 * await bed.advance('1 minute')
 */
export async function testbed<G extends Gateways>(plan: Plan<G>, options: TestbedOptions = {}): Promise<Testbed<G>> {
  refuseMistakes([plan], memoryCapabilities(options.indexLagMs ?? indexLagMs))
  const shape = shapeOf(plan, runtimeTables)
  let running: Bed<G> | undefined
  const clock = memoryClock((options.at ?? beginning).getTime(), {
    settled: () => running && whileRunning(running),
    isOver: () => running !== undefined && isOver(running),
  })
  const drivers = memoryDrivers(shape, {
    clock,
    indexLagMs: options.indexLagMs ?? indexLagMs,
    outbox: options.outbox ?? true,
    linkKey: 'a bed has no secrets',
    ...(options.databaseTemplate ? { databaseTemplate: options.databaseTemplate } : {}),
  })
  const queues = shape.queues.map(({ name }) => name)
  const bed = new Bed(plan, clock, drivers, queues, options)
  await bed.boot()
  running = bed
  return bed as unknown as Testbed<G>
}
