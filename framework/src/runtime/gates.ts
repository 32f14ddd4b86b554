/**
 * Gates: the throttle of each gateway, before anything else is done for a request.
 */
import type { Clock } from '../contract/clock.ts'
import { fault } from '../contract/problems.ts'
import type { Plan } from '../plan/plan.ts'
import { problemFrom } from './answers.ts'
import type { ProblemAnswer } from './door.ts'
import { throttles } from './throttle.ts'

/** Gives the refusal, where there is one. */
export type Gate = (gateway: string, address: string) => ProblemAnswer | undefined

export function gates(clock: Clock, plan: Plan): Gate {
  const taken = throttles(clock)
  return (gateway, address) => {
    const { rate, burst, per } = plan.gateways[gateway]?.throttle ?? { rate: 1, burst: 1 }
    const key = per === 'address' ? `${gateway}/${address}` : gateway
    const waitS = taken.take(key, { perSecond: rate, burst })
    if (waitS === 0) return undefined
    return problemFrom(fault('throttled', 'this gateway is called too often', { retryAfterS: waitS }), undefined)
  }
}
