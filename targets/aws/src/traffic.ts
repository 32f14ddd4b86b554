/**
 * Traffic: how calls go over to what is new in an environment. All at once is a deployment's own doing. Of functions one
 * level is a canary: CodeDeploy moves their aliases while the stack waits, and takes everything back on an alarm. Several
 * levels, or one that is to be confirmed, are the steps of a machine of Step Functions, which CodeDeploy cannot take.
 *
 * Of containers all levels are the machine's. CodeDeploy does not go with our templates: CloudFormation's hook for it
 * forbids importing values and having outputs, and knows one service alone; its deployment group of CloudFormation is not
 * for ECS; and a service that CodeDeploy holds takes no other task definition from a stack. ECS's own canary gives one
 * share, and can ask nobody.
 */
import { fault, type Level, milliseconds } from 'groundplan/target'
import { imagesOf, type System } from './system.ts'

export type Shift =
  | { readonly by: 'deployment' }
  | { readonly by: 'canary'; readonly level: Level }
  | { readonly by: 'machine'; readonly levels: readonly Level[] }

/** Faults: `unsupported`, for levels that AWS cannot give. */
export function shiftOf({ settings: { traffic }, services, plan }: System): Shift {
  if (traffic === undefined) return { by: 'deployment' }
  checked(traffic)
  const [level, ...others] = traffic
  const contained = services.find(({ compute }) => compute === 'containers')
  if (contained !== undefined && (contained.gateway === undefined || services.length > 1)) {
    const why = 'levels are given to functions, or to one service alone that a gateway leads to'
    throw fault('unsupported', `${plan.name}: ${contained.name} runs as containers: ${why}`)
  }
  const isCanary = others.length === 0 && level.confirm === undefined
  return isCanary && contained === undefined ? { by: 'canary', level } : { by: 'machine', levels: traffic }
}

/** Whether what is new of the containers gets its calls from the machine: then each has a second service. */
export function dividesContainers(system: System): boolean {
  return shiftOf(system).by === 'machine' && imagesOf(system).length > 0
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
