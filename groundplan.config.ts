/**
 * What this repository runs, and where.
 */
import { type AwsSettings, aws, smallest, usual } from '@groundplan/aws-target'
import { postgres } from '@groundplan/postgres/config'
import { config, fromEnv } from 'groundplan/config'
import type { Traffic } from 'groundplan/target'

/** Counter as containers, storefront as functions: the two forms, side by side. */
const onAws: Omit<AwsSettings, 'domain' | 'sizes'> = {
  region: 'eu-central-1',
  operations: 'operations@example.org',
  costOwner: 'shop',
  systems: { counter: { compute: 'containers' }, storefront: { compute: 'functions', makesMailDomains: true } },
}

/** Groups of IAM Identity Center. */
const developers = '00000000-0000-0000-0000-000000000002'
const onCall = '00000000-0000-0000-0000-000000000003'

/** A tenth, a half, and all when a person has said yes: an alarm takes everything back. */
const slowly: Traffic = [
  { percent: 10, for: '10 minutes' },
  { percent: 50, for: '20 minutes', confirm: '1 day' },
]

export default config({
  systems: {
    counter: './systems/counter/plan.ts',
    storefront: './systems/storefront/plan.ts',
    insights: './systems/insights/plan.ts',
    giftflick: './systems/giftflick/plan.ts',
    records: './systems/records/plan.ts',
  },
  start: ['counter', 'storefront'],
  web: './web',
  pipeline: {
    source: { repository: 'example/shop', branch: 'main' },
    prepare: ['npm ci --ignore-scripts', 'npm run build'],
    checks: ['npm test'],
    // Packages of this repository that all images are built of.
    shared: ['framework', 'accounts', 'drivers', 'scripts'],
    circleci: { organization: '00000000-0000-0000-0000-000000000000', project: '00000000-0000-0000-0000-000000000001' },
    stages: [
      { deploy: 'test' },
      { approval: 'operations@example.org', within: '3 days' },
      {
        deploy: 'production',
        traffic: { counter: slowly, storefront: slowly },
      },
    ],
  },
  environments: {
    test: {
      target: aws({ ...onAws, domain: 'test.example.org', sizes: smallest, people: { deploy: [developers] } }),
    },
    // On a server of one's own with `start --env production`; on AWS by what `synth --env production` writes.
    production: {
      drivers: postgres({ url: fromEnv('DATABASE_URL') }),
      target: aws({
        ...{ ...onAws, domain: 'example.org', sizes: usual },
        people: { deploy: [onCall], approve: [onCall], read: [developers] },
      }),
      domains: { storefront: { customer: 'customer.storefront.example.org', ops: 'ops.storefront.example.org' } },
    },
  },
})
