/**
 * Several processes of one plan on the same engines in memory, side by side or one after the other, on one clock. They
 * can be stopped, or killed: a killed one is given nothing any more, and nothing it does reaches an engine.
 */
import type { Drivers } from '../../contract/drivers.ts'
import { shapeOf } from '../../contract/plan-shape.ts'
import { type MemoryClock, memoryClock } from '../../memory/clock.ts'
import { memoryDrivers } from '../../memory/drivers.ts'
import type { Plan } from '../../plan/plan.ts'
import { mortalProcess } from '../../targets/testbed/process.ts'
import { realInput } from '../../targets/testbed/real-input.ts'
import type { LogRecord } from '../log.ts'
import { type Runtime, type RuntimeOptions, runtimeTables, startRuntime } from '../runtime.ts'

export interface Process {
  readonly runtime: Runtime
  /** What it logged. */
  readonly logs: readonly LogRecord[]
  /** SIGKILL: nothing is finished, nothing handed back. */
  kill(): void
}

export interface System {
  readonly clock: MemoryClock
  readonly drivers: Drivers
  start(): Promise<Runtime>
  /** One that can be killed. `plan`: the same plan with handlers of its own, to tell processes apart. `share`: of the plan. */
  process(plan?: Plan, share?: Pick<RuntimeOptions, 'share'>): Promise<Process>
}

export function systemOf(plan: Plan, options: { readonly outbox?: boolean } = {}): System {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const drivers = memoryDrivers(shapeOf(plan, runtimeTables), { clock, linkKey: 'k', ...options })
  return {
    clock,
    drivers,
    start: () => startRuntime(plan, drivers, { logs: () => {} }),
    async process(own = plan, share = {}) {
      const { drivers: mortal, die } = mortalProcess(drivers, realInput())
      const logs: LogRecord[] = []
      const runtime = await startRuntime(own, mortal, { ...share, logs: record => void logs.push(record) })
      return { runtime, logs, kill: die }
    },
  }
}

/** Lets everything that is under way go on, without any time passing. */
export async function still(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
}
