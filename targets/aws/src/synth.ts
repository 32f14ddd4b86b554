/**
 * Synthesis: a plan and its settings become templates of CloudFormation. The same plan gives the same text on any
 * machine: no account, no path, no digest of a file, keys in the order of their names.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack, Tags } from 'aws-cdk-lib'
import type { Plan, TargetFiles } from 'groundplan/target'
import { application } from './application/application.ts'
import { edge, needsEdge } from './application/edge.ts'
import { deployment } from './infra/deployment.ts'
import { infra } from './infra/infra.ts'
import type { Kit } from './kit.ts'
import { people } from './pipeline/people.ts'
import type { AwsSettings } from './settings.ts'
import { type System, systemOf } from './system.ts'

/** The templates of a system, each with what makes it, in the order in which they are deployed; the last by the organization. */
const templates: readonly { readonly name: string; readonly of: string; make(kit: Kit): void }[] = [
  { name: 'deployment', of: 'where what is deployed lies', make: deployment },
  { name: 'infra', of: 'what it keeps and stands on', make: infra },
  { name: 'edge', of: 'what its site needs in us-east-1', make: edge },
  { name: 'application', of: 'what runs', make: application },
  { name: 'people', of: 'who may do what by hand', make: people },
]

/** Faults: `unsupported`. */
export function synthesized(plan: Plan, environment: string, settings: AwsSettings): TargetFiles {
  return templatesOf(systemOf(plan, environment, settings))
}

export function templatesOf(system: System): TargetFiles {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-synth-'))
  try {
    const app = appOf(system, folder)
    const assembly = app.synth()
    const texts = assembly.stacks.map(({ stackName, template }) => [fileOf(stackName), textOf(template)] as const)
    return Object.fromEntries(texts)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The stacks of a system, for whoever looks at them before they are text. */
export function appOf(system: System, outdir?: string): App {
  const app = new App({ analyticsReporting: false, treeMetadata: false, ...(outdir === undefined ? {} : { outdir }) })
  for (const { name, of, make } of templates) {
    if (name === 'edge' && !needsEdge(system)) continue
    const stack = new Stack(app, `${system.names.prefix}-${name}`, {
      description: `${system.plan.title ?? system.plan.name}, ${system.environment}: ${of}`,
      // It is one; its types take `undefined` for absent.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
    })
    make({ stack, system })
  }
  tag(app, system)
  return app
}

function tag(app: App, { plan, environment, settings }: System): void {
  Tags.of(app).add('system', plan.name)
  Tags.of(app).add('environment', environment)
  Tags.of(app).add('cost-owner', settings.costOwner)
}

function fileOf(stackName: string): string {
  return `CloudFormation-${stackName.slice(stackName.lastIndexOf('-') + 1)}.json`
}

/** The text of a template: the same for the same content. */
export function textOf(template: unknown): string {
  return `${JSON.stringify(sorted(template), undefined, 2)}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]))
}
