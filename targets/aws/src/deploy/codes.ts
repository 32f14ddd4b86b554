/** The code of a system's functions, bundled from its plan as it is now. */
import type { Shipping } from 'groundplan/target'
import { bundled } from '../bundle.ts'
import type { AwsSettings } from '../settings.ts'
import type { Code } from './plan.ts'

export async function codesOf(shipping: Shipping, settings: AwsSettings): Promise<readonly Code[]> {
  const { plan, environment, root, planFile } = shipping
  return bundled({ plan, environment, root, planFile }, settings)
}
