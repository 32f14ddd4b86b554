/**
 * `@groundplan/aws-target`: ships plans to AWS. Importing this loads none of it: a config that names it costs nothing
 * until a command asks for files.
 */
import type { Target } from 'groundplan/target'
import type { AwsSettings } from './settings.ts'

export type { AwsSettings, Compute, SystemSettings } from './settings.ts'
export { type Sizes, smallest, usual } from './sizes.ts'

/**
 * An environment on AWS.
 * @example
 * environments: {
 *   production: { target: aws({ region: 'eu-central-1', domain: 'example.org', operations: 'ops@example.org', costOwner: 'shop' }) },
 * }
 */
export function aws(settings: AwsSettings): Target {
  return {
    kind: 'target',
    name: 'aws',
    files: async (plan, environment) => (await import('./synth.ts')).synthesized(plan, environment, settings),
    compare: async (before, after) => (await import('./compare/compare.ts')).compared(before, after),
  }
}
