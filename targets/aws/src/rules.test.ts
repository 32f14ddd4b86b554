/**
 * The templates that are committed, and what they are made from, under rules of others: cfn-lint (CloudFormation's own
 * schemas), checkov, and Amazon's rules for solutions by cdk-nag.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { plan, service } from 'groundplan'
import type { Plan } from 'groundplan/target'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import { pipelineApp } from './pipeline/synth.ts'
import { wayOf } from './pipeline/way.ts'
import type { SystemSettings } from './settings.ts'
import { smallest, usual } from './sizes.ts'
import { appOf, synthesized } from './synth.ts'
import { systemOf } from './system.ts'
import { type Finding, hasTool, told, unexcused, unused } from './test/findings.ts'
import { canary, flowOf, levels, stallFlow } from './test/flow.ts'
import { settings, shop, stall } from './test/shop.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Where the CDK would write what is only looked at here. */
const out = mkdtempSync(join(tmpdir(), 'groundplan-rules-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

const systems = fileURLToPath(new URL('../../../systems/', import.meta.url))
const folders = ['counter', 'storefront'].flatMap(name =>
  ['test', 'production', 'pipeline'].map(environment => `${name}/aws/${environment}`),
)
const templates = folders.flatMap(folder => readdirSync(systems + folder).map(file => `${systems}${folder}/${file}`))

/** Storefront in other forms than the committed one: all as containers, and one behind doors that are functions. */
const forms: readonly SystemSettings[] = [{ compute: 'containers' }, { compute: { backend: 'containers' } }]
const { default: storefront }: { default: Plan } = await import(`${systems}storefront/plan.ts`)

/** Each in a folder of its own. Not `thorough`: what runs, all as containers, since that has what no other template has. */
function formsOfStorefront(thorough: boolean): readonly string[] {
  return forms.slice(0, thorough ? forms.length : 1).flatMap((form, at) => {
    const files = synthesized(storefront, 'production', { ...settings, systems: { storefront: form } })
    const folder = mkdtempSync(join(out, `form-${at}-`))
    return Object.entries(files).flatMap(([file, text]) => {
      if (!thorough && !file.includes('application')) return []
      writeFileSync(join(folder, file), text)
      return join(folder, file)
    })
  })
}

describe('C9, S14: the committed templates, and storefront as containers and as both', () => {
  it.skipIf(!hasTool('cfn-lint'))('are what CloudFormation takes, says cfn-lint, with nothing to warn of', async () => {
    const all = [...templates, ...formsOfStorefront(inject('thorough'))]
    expect(await told('cfn-lint', ['--regions', 'eu-central-1', '--', ...all])).toBe('')
  })

  // Most of a minute of the processor.
  it.skipIf(!hasTool('checkov') || !inject('thorough'))(
    'keep to the rules of checkov, but for exceptions with their reasons',
    async () => {
      const findings = await checkovFindings()
      expect(unexcused(findings)).toEqual([])
      expect(unused('checkov', findings).map(({ rule }) => String(rule))).toEqual([])
    },
  )
})

async function checkovFindings(): Promise<readonly Finding[]> {
  const args = ['--file', ...templates, ...formsOfStorefront(true)]
  const text = await told('checkov', [
    '--framework',
    'cloudformation',
    '--compact',
    '--quiet',
    '--output',
    'json',
    ...args,
  ])
  const reports: Report | readonly Report[] = JSON.parse(text)
  return [reports]
    .flat()
    .flatMap(({ results }) =>
      results.failed_checks.map(({ check_id, resource }) => ({ by: 'checkov' as const, rule: check_id, on: resource })),
    )
}

interface Report {
  readonly results: { readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[] }
}

describe("Amazon's rules for solutions (cdk-nag)", () => {
  it('are kept in both forms and sizes, but for exceptions with their reasons', () => {
    const findings = [
      ...nagFindings({ compute: 'functions', sizes: usual }),
      ...nagFindings({ compute: 'containers', sizes: usual }),
      ...nagFindings({ compute: 'containers', sizes: smallest }),
      ...nagFindings({ systems: { shop: { compute: { backend: 'containers' } } } }),
      ...nagFindings({ systems: { shop: { compute: { front: 'containers' } } } }),
      ...forms.flatMap(form => nagFindings({ systems: { storefront: form } }, storefront)),
      ...nagFindings({ compute: 'functions', traffic: { shop: canary } }),
      ...nagFindings({ compute: 'functions', traffic: { shop: levels } }),
      ...violationsIn(pipelineApp(wayOf(flowOf('containers')), out)),
      ...violationsIn(pipelineApp(wayOf(flowOf('functions', levels)), out)),
      ...nagFindings({ compute: 'containers', traffic: { stall: levels } }, stall()),
      ...violationsIn(pipelineApp(wayOf(stallFlow(levels)), out)),
      ...nagFindings({ compute: 'containers' }, plan('small', { services: [service('only', {})] })),
    ]
    expect(unexcused(findings)).toEqual([])
    expect(unused('cdk-nag', findings).map(({ rule }) => String(rule))).toEqual([])
  })

  it('complain about a firewall that is missing: they are asked, and they bite', () => {
    const open = { ...usual, firewall: false }
    expect(unexcused(nagFindings({ compute: 'functions', sizes: open })).map(({ rule }) => rule)).toContain(
      'AwsSolutions-APIG3',
    )
  })
})

function nagFindings(more: object, of: Plan = shop()): readonly Finding[] {
  return violationsIn(appOf(systemOf(of, 'test', { ...settings, ...more }), out))
}

function violationsIn(app: App): readonly Finding[] {
  const { violations } = new AwsSolutionsChecks().validateScope(app)
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({
      by: 'cdk-nag' as const,
      rule: ruleName,
      on: constructPath ?? '',
    })),
  )
}
