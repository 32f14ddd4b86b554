/** A request of another service, as its event. */
import type { CarriedRequest } from '../../runtime/clients/service.ts'

/** A request of another service. */
export interface CarriedEvent {
  readonly groundplan: CarriedRequest
  /** When the time of the function that asks is up. */
  readonly endsMs?: number
}

export function isCarried(event: object): event is CarriedEvent {
  return 'groundplan' in event
}
