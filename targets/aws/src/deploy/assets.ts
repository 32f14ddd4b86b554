/** The code of a system's functions, bundled from its plan as it is now, and its site where it has one. */
import type { Shipping } from 'groundplan/target'
import { needsEdge } from '../application/edge.ts'
import { bundled } from '../bundle.ts'
import type { AwsSettings } from '../settings.ts'
import type { System } from '../system.ts'
import type { Code } from './plan.ts'
import { type SiteFile, siteOf } from './site.ts'

/** All that is uploaded of a system. */
export interface Assets {
  readonly codes: readonly Code[]
  readonly files: readonly SiteFile[]
}

export async function assetsOf(shipping: Shipping, settings: AwsSettings, system: System): Promise<Assets> {
  const { plan, environment, root, planFile } = shipping
  const codes = await bundled({ plan, environment, root, planFile }, settings)
  if (!needsEdge(system)) return { codes, files: [] }
  const { code, files } = await siteOf(shipping)
  return { codes: [...codes, code], files }
}
