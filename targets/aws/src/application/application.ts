/** The second template: what runs. It changes with the plan's code, and stands on the first. */
import type { Kit } from '../kit.ts'
import { alarms } from './alarms.ts'
import { created } from './bucket.ts'
import { containers } from './containers.ts'
import { functions } from './functions.ts'
import { gateways } from './gateway.ts'
import { site } from './site.ts'

export function application(kit: Kit): void {
  containers(kit)
  const { live, carrying } = functions(kit)
  gateways(kit, live)
  if (carrying !== undefined) created(kit, carrying)
  site(kit)
  alarms(kit)
}
