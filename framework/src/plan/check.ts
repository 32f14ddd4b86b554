/**
 * The check of a plan: everything that is wrong with it, all at once, by what the plan alone says. What limits, problem
 * codes and engines say comes on top of it in `contract/plan-check.ts`.
 */
import { finding, inOrder, type Mistake, type Note } from './mistake.ts'
import { type Parts, partsOf } from './parts.ts'
import type { Plan } from './plan.ts'
import { authorizerMistakes, sharedCookies } from './rules/authorizers.ts'
import { endpointMistakes } from './rules/endpoints.ts'
import { flowMistakes, flowNotes } from './rules/flows.ts'
import { gatewayMistakes, sharedSitePaths } from './rules/gateways.ts'
import { grouped } from './rules/grouped.ts'
import { jsonMistakes } from './rules/json.ts'
import { keepingMistakes } from './rules/keeping.ts'
import { nameMistakes } from './rules/names.ts'
import { outsideMistakes } from './rules/outside.ts'
import { reachNotes, serviceMistakes } from './rules/services.ts'

/**
 * All mistakes of a plan by itself, by file and line; none when it may start.
 * @example for (const mistake of check(plan)) console.error(printed(mistake))
 */
export function check(plan: Plan): readonly Mistake[] {
  return inOrder(mistakesIn(partsOf(plan)))
}

function* mistakesIn(parts: Parts): Generator<Mistake> {
  yield* emptyMistakes(parts.plan)
  yield* nameMistakes(parts)
  yield* serviceMistakes(parts)
  yield* authorizerMistakes(parts)
  yield* gatewayMistakes(parts)
  yield* endpointMistakes(parts)
  yield* flowMistakes(parts)
  yield* keepingMistakes(parts)
  yield* jsonMistakes(parts)
  yield* outsideMistakes(parts)
}

function* emptyMistakes(plan: Plan): Generator<Mistake> {
  const { gateways, services, sites } = plan
  if (Object.keys(gateways).length + services.length + sites.length > 0) return
  yield finding(
    'plan-empty',
    [plan],
    `The plan "${plan.name}" has nothing in it`,
    'give it a gateway, a service or a site',
  )
}

/** What was probably forgotten in a plan and harms nobody, by file and line. */
export function notesOn(plan: Plan): readonly Note[] {
  const parts = partsOf(plan)
  return inOrder([...flowNotes(parts), ...reachNotes(parts)])
}

/** All mistakes of plans that one process serves: those of each, and what they must not share. */
export function checkAll(plans: readonly Plan[]): readonly Mistake[] {
  const all = plans.map(partsOf)
  return inOrder([...all.flatMap(parts => [...mistakesIn(parts)]), ...betweenPlans(all)])
}

function* betweenPlans(all: readonly Parts[]): Generator<Mistake> {
  for (const [name, same] of grouped(all, ({ plan }) => plan.name)) {
    if (same.length < 2) continue
    const plans = same.map(({ plan }) => plan)
    yield finding('plan-twice', plans, `${same.length} plans are named "${name}"`, 'give each a name of its own')
  }
  yield* sharedThings(all)
  yield* sharedCookies(all)
  yield* sitesBetween(all)
}

/** One object in two plans would be two things under one name. */
function* sharedThings(all: readonly Parts[]): Generator<Mistake> {
  const owned = all.flatMap(({ plan, services, resources }) =>
    [...services, ...resources].map(thing => ({ plan, thing })),
  )
  for (const [thing, same] of grouped(owned, each => each.thing)) {
    if (same.length < 2) continue
    const plans = same.map(({ plan }) => `"${plan.name}"`).join(' and ')
    const message = `The ${thing.kind} "${thing.name}" belongs to the plans ${plans}`
    const wayOut = 'declare one for each plan; plans meet through their gateways'
    yield finding('of-two-plans', [thing, ...same.map(({ plan }) => plan)], message, wayOut)
  }
}

/** Paths that are taken within one plan are its own mistake already. */
function* sitesBetween(all: readonly Parts[]): Generator<Mistake> {
  const first = all.flatMap(({ plan }) =>
    [...grouped(plan.sites, site => site.path).values()].flatMap(([site]) => site ?? []),
  )
  yield* sharedSitePaths(first)
}
