/** The config's types: what must not compile. Nothing here runs. */
import type { Target } from '../contract/target.ts'
import { config } from './config.ts'

declare const target: Target
const source = { repository: 'example/shop', branch: 'main' } as const
const systems = { shop: './shop/plan.ts' }
const environments = { test: { target }, production: { target } }

config({ systems, environments, pipeline: { source, stages: [{ deploy: 'test' }] } })

// @ts-expect-error there is no such environment
config({ systems, environments, pipeline: { source, stages: [{ deploy: 'staging' }] } })

config({
  systems,
  environments,
  pipeline: {
    source,
    stages: [
      // @ts-expect-error there is no such system
      { deploy: 'test', traffic: { store: [{ percent: 10, for: '5 minutes' }] } },
      // @ts-expect-error an answer is waited for, for hours or days
      { approval: 'ops@example.org', within: '5 seconds' },
      // @ts-expect-error levels take minutes
      { deploy: 'production', traffic: { shop: [{ percent: 10, for: '5 seconds' }] } },
    ],
  },
})
