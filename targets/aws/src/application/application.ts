/** The second template: what runs. It changes with the plan's code, and stands on the first. */
import type { Kit } from '../kit.ts'
import { alarms, alarmsOfCalls } from './alarms.ts'
import { created } from './bucket.ts'
import { canary } from './canary.ts'
import { containers } from './containers.ts'
import { functions } from './functions.ts'
import { gateways } from './gateway.ts'
import { release } from './release.ts'
import { site } from './site.ts'
import { taskGroups } from './task-groups.ts'
import { uploads } from './uploads.ts'

export function application(kit: Kit): void {
  const groups = taskGroups(kit)
  const balanced = containers(kit, groups)
  const { live, carrying } = functions(kit, groups)
  uploads(kit)
  gateways(kit, live)
  if (carrying !== undefined) created(kit, carrying)
  site(kit)
  alarms(kit, balanced)
  const takingBack = alarmsOfCalls(kit, balanced)
  canary(kit, takingBack)
  release(kit, takingBack, balanced)
}
