/**
 * `@groundplan/aws-target`: ships plans to AWS. Importing this loads none of it: a config that names it costs nothing
 * until a command asks for files.
 */
import type { AwsTarget } from './pipeline/way.ts'
import type { AwsSettings } from './settings.ts'

export type { AwsSettings, Compute, People, SystemSettings } from './settings.ts'
export { type Sizes, smallest, usual } from './sizes.ts'

/**
 * An environment on AWS.
 * @example
 * environments: {
 *   production: { target: aws({ region: 'eu-central-1', domain: 'example.org', operations: 'ops@example.org', costOwner: 'shop' }) },
 * }
 */
export function aws(settings: AwsSettings): AwsTarget {
  return {
    kind: 'target',
    name: 'aws',
    files: async (plan, environment) => (await import('./synth.ts')).synthesized(plan, environment, settings),
    named: domains => aws({ ...settings, domains }),
    settings,
    shifting: traffic => aws({ ...settings, traffic }),
    pipeline: async flow => (await import('./pipeline/synth.ts')).pipelineFiles(flow),
    hosted: async (flows, host) => (await import('./pipeline/hosted.ts')).hosted(flows, host),
    compare: async (before, after) => (await import('./compare/compare.ts')).compared(before, after),
    containers: async plans => (await import('./container-engines.ts')).containerEngines(plans),
    bundles: async bundling => (await import('./bundle.ts')).bundled(bundling, settings),
    async deployment(shipping) {
      const { deploymentOf } = await import('./deploy/deployment.ts')
      return deploymentOf(shipping, {
        settings,
        assets: async system => (await import('./deploy/assets.ts')).assetsOf(shipping, settings, system),
      })
    },
    asked: async (plan, environment, profile) =>
      (await import('./deploy/deployment.ts')).askedOf(
        { plan, environment, ...(profile ? { profile } : {}) },
        settings,
      ),
    removal: async shipping => (await import('./deploy/removal.ts')).removalOf(shipping, settings),
  }
}
