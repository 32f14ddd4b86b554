/** Endpoints by the way they answer. */
import { partsOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'

/** The endpoints of all services that answer in one of these ways. */
export function endpointsAnswering(plan: Plan, ...ways: readonly string[]) {
  return partsOf(plan).handlers.filter(
    ({ handler }) =>
      handler.kind === 'endpoint' && 'kind' in handler.returns && ways.includes(String(handler.returns.kind)),
  )
}
