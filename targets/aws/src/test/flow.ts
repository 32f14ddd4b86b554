/** The way of the small shop through a pipeline: for tests. */
import type { Flow, Traffic } from 'groundplan/target'
import type { AwsTarget } from '../pipeline/way.ts'
import type { AwsSettings } from '../settings.ts'
import { synthesized } from '../synth.ts'
import { settings, shop, stall } from './shop.ts'

export const canary: Traffic = [{ percent: 10, for: '10 minutes' }]
export const levels: Traffic = [
  { percent: 10, for: '10 minutes' },
  { percent: 50, for: '1 hour', confirm: '1 day' },
]

/** Test, then a person, then production. */
export function flowOf(compute: 'containers' | 'functions', traffic?: Traffic, more: Partial<AwsSettings> = {}): Flow {
  const target = targetWith({ ...settings, compute, ...more })
  return {
    plan: shop(),
    source: { repository: 'example/shop', branch: 'main' },
    checks: ['npm test'],
    circleci: { organization: 'organization-id', project: 'project-id' },
    stages: [
      { kind: 'deploy', environment: 'test', target },
      { kind: 'approval', asks: 'operations@example.org', withinMs: 86_400_000 },
      {
        kind: 'deploy',
        environment: 'production',
        target: traffic ? targetWith({ ...target.settings, traffic: { shop: traffic } }) : target,
      },
    ],
    folder: 'systems/shop',
    web: { folder: 'web', takes: ['systems/shop/client.ts'] },
    rootFiles: ['groundplan.config.ts', 'package-lock.json'],
  }
}

/** The same way for a system of one service, as containers. */
export function stallFlow(traffic: Traffic): Flow {
  const flow = flowOf('containers')
  const target = targetWith({ ...settings, compute: 'containers', traffic: { stall: traffic } })
  const stages = flow.stages.map(stage =>
    stage.kind === 'deploy' && stage.environment === 'production' ? { ...stage, target } : stage,
  )
  return { ...flow, plan: stall(), stages }
}

function targetWith(given: AwsSettings): AwsTarget {
  return {
    kind: 'target',
    name: 'aws',
    settings: given,
    files: async (plan, environment) => synthesized(plan, environment, given),
    compare: async () => ({ changes: [], widens: [], loses: [] }),
  }
}
