/**
 * Plans that several processes divide among them: what of each runs in this one, and how it asks the services that run in
 * the others, over HTTP or as functions of an engine.
 */
import type { ServiceFunctions } from '../contract/engine.ts'
import { fault } from '../contract/problems.ts'
import { askElsewhere } from '../http/ask-elsewhere.ts'
import { servicesOverHttp } from '../http/ask-over-http.ts'
import { isService, partsOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import { type AskElsewhere, partsOfShare, type Share } from '../runtime/share.ts'

export interface Divided extends Share {
  /** Where services run that are not among them. One that is not named is a function of the engine, where that has any. */
  readonly others: ReadonlyMap<string, string>
}

/** Services elsewhere: at their addresses, or as functions. */
export function servicesElsewhere(
  plan: string,
  { others }: Divided,
  functions: ServiceFunctions | undefined,
): ServiceFunctions & { close(): void } {
  const http = servicesOverHttp(plan, others, { keepAlive: true })
  const of = (service: string): ServiceFunctions => (others.has(service) ? http : (functions ?? http))
  return {
    call: (service, json) => of(service).call(service, json),
    stream: (service, json, signal) => of(service).stream(service, json, signal),
    close: () => http.close(),
  }
}

/** What of a plan runs here, for its runtime. */
export function shareOf(
  plan: Plan,
  divided: Divided,
  elsewhere: ServiceFunctions,
): Share & { readonly ask: AskElsewhere } {
  const { services, carries } = divided
  return { services, carries, ask: askElsewhere(plan, elsewhere, () => undefined) }
}

/** Faults: `setting-missing` where services here ask one of which nobody says where it runs. */
export function refuseUnknown(plan: Plan, divided: Divided): void {
  const { uses } = partsOfShare(partsOf(plan), divided)
  const asked = uses.map(({ grant }) => grant.resource).filter(isService)
  const lost = asked.find(({ name }) => !divided.services.includes(name) && !divided.others.has(name))
  if (!lost) return
  const wayOut = `name it: GROUNDPLAN_OTHERS=${lost.name}=http://<host>:7400, or --others`
  throw fault('setting-missing', `nobody says where the service "${lost.name}" runs`, { wayOut })
}
