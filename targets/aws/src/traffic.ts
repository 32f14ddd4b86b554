/**
 * Traffic: how calls go over to what is new in an environment. All at once is a deployment's own doing. One level is a
 * canary: CodeDeploy moves the aliases of functions while the stack waits, and takes everything back on an alarm. Several
 * levels, or one that is to be confirmed, are the steps of a machine of Step Functions, which CodeDeploy cannot take.
 */
import { fault, type Level, milliseconds } from 'groundplan/target'
import type { System } from './system.ts'

export type Shift =
  | { readonly by: 'deployment' }
  | { readonly by: 'canary'; readonly level: Level }
  | { readonly by: 'machine'; readonly levels: readonly Level[] }

/** Faults: `unsupported`, for levels that AWS cannot give. */
export function shiftOf({ settings: { traffic }, services, plan }: System): Shift {
  if (traffic === undefined) return { by: 'deployment' }
  checked(traffic)
  const contained = services.find(({ compute }) => compute === 'containers')
  if (contained !== undefined) {
    const way = 'ECS replaces them task by task, each when the new one answers: give no levels'
    throw fault('unsupported', `${plan.name}: ${contained.name} runs as containers. ${way}`)
  }
  const [level, ...others] = traffic
  if (others.length === 0 && level.confirm === undefined) return { by: 'canary', level }
  return { by: 'machine', levels: traffic }
}

function checked(traffic: readonly Level[]): void {
  traffic.forEach(({ percent, for: length }, at) => {
    const before = traffic[at - 1]?.percent ?? 0
    if (!Number.isInteger(percent) || percent <= before || percent > 99) {
      throw fault(
        'unsupported',
        `a level of ${percent} percent after ${before}: levels are whole, rise, and end below 100`,
      )
    }
    const minutes = milliseconds(length) / 60_000
    if (!Number.isInteger(minutes) || minutes < 1) {
      throw fault('unsupported', `a level for ${length}: it takes whole minutes, at least one`)
    }
  })
}
