/**
 * V8 as PostgreSQL in WebAssembly wants it. It is as fast with few of its functions optimized, those that run all the time; V8
 * would begin with hundreds of them at each start, which takes a second of the processor. Only where a plan has a database:
 * whatever Node loads of its own after a change of flags it compiles anew, 30 ms of a start.
 */
import { partsOf, resourcesOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'

const flag = '--wasm-tiering-budget=500000000'

export async function readyForDatabases(plan: Plan): Promise<void> {
  if (resourcesOf(partsOf(plan), 'database').length === 0) return
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString(flag)
}
