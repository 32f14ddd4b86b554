/**
 * What the parts of an operator share: a started plan, what it keeps its things in, and how a name is looked up in it.
 */
import type { Drivers, PlanShape } from '../../contract/drivers.ts'
import { fault, isFault } from '../../contract/problems.ts'
import { type Call, erased } from '../../plan/call.ts'
import type { Clients, Uses } from '../../plan/grant.ts'
import type { Parts } from '../../plan/parts.ts'
import type { Runtime } from '../runtime.ts'

export interface OperatorParts {
  readonly plan: string
  readonly parts: Parts
  readonly shape: PlanShape
  readonly runtime: Runtime
  readonly drivers: Drivers
}

/** The one of this name. Faults: `request-invalid`. */
export function named<T extends { readonly name: string }>(all: readonly T[], name: string, what: string): T {
  const found = all.find(each => each.name === name)
  if (found) return found
  throw fault('request-invalid', `there is no ${what} "${name}" in this plan`)
}

/** What code of the plan threw, as a fault that says it: whoever operates the system may read it. */
export async function plainly<T>({ runtime }: OperatorParts, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isFault(error)) throw error
    throw fault('handler-failed', runtime.scrub(messageOf(error)), undefined, error)
  }
}

/** Does something with clients of the plan, as the operator. */
export async function asOperator<U extends Uses, Given>(
  operated: OperatorParts,
  uses: U,
  handle: (call: Call, uses: Clients<U>) => Promise<Given>,
): Promise<Given> {
  // It gives what the handle gave.
  return (await plainly(operated, operated.runtime.as('operator', uses, erased(handle)))) as Given
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
