/**
 * Asks services that run in other processes, by whatever carries JSON to them: Lambda, HTTP. A request is one JSON; its
 * answer is one, too, or lines of it where it is a stream.
 */
import type { ServiceFunctions } from '../contract/engine.ts'
import type { Plan } from '../plan/plan.ts'
import type { AskElsewhere } from '../runtime/share.ts'
import { endpointsAnswering } from './endpoints-answering.ts'
import { answerCarried } from './lambda/carried.ts'
import type { CarriedEvent } from './lambda/carried-event.ts'
import { answerOfLines } from './lambda/handed-on.ts'

/** `endsMs`: when the time of the process that asks is up, where that is known. */
export function askElsewhere(plan: Plan, by: ServiceFunctions, endsMs: () => number | undefined): AskElsewhere {
  let streams: ReadonlySet<string> | undefined
  return async (request, from) => {
    streams ??= new Set(endpointsAnswering(plan, 'stream').map(({ service, name }) => `${service.name}/${name}`))
    const ends = endsMs()
    const event: CarriedEvent = { groundplan: request, ...(ends === undefined ? {} : { endsMs: ends }) }
    const json = JSON.stringify(event)
    return streams.has(`${request.service}/${request.endpoint}`)
      ? answerOfLines(await by.stream(request.service, json, from.signal))
      : answerCarried(await by.call(request.service, json))
  }
}
