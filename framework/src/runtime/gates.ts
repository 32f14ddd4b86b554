/**
 * Gates: the throttle of each gateway, before anything else is done for a request.
 */
import type { Clock } from '../contract/clock.ts'
import { fault } from '../contract/problems.ts'
import type { AnyGateway } from '../plan/gateway.ts'
import type { Plan } from '../plan/plan.ts'
import type { Asked, ProblemAnswer } from './door.ts'
import { problemFrom } from './refusals.ts'
import { type Rate, throttles } from './throttle.ts'

/** Gives the refusal, where there is one. */
export type Gate = (gateway: string, asked: Pick<Asked, 'address'>) => ProblemAnswer | undefined

interface Rule {
  readonly rate: Rate
  readonly perAddress: boolean
}

const unknown: Rule = { rate: { perSecond: 1, burst: 1 }, perAddress: false }

export function gates(clock: Clock, plan: Plan): Gate {
  const taken = throttles(clock)
  const rules = new Map(Object.entries(plan.gateways).map(([name, gateway]) => [name, ruleOf(gateway)]))
  return (gateway, asked) => {
    const { rate, perAddress } = rules.get(gateway) ?? unknown
    const waitS = taken.take(perAddress ? `${gateway}/${asked.address}` : gateway, rate)
    if (waitS === 0) return undefined
    return problemFrom(fault('throttled', 'this gateway is called too often', { retryAfterS: waitS }), undefined)
  }
}

function ruleOf({ throttle: { rate, burst, per } }: AnyGateway): Rule {
  return { rate: { perSecond: rate, burst }, perAddress: per === 'address' }
}
