/** The templates of a pipeline, as files: the pipeline of AWS's own, and for each environment who of outside may deploy. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack, Tags } from 'aws-cdk-lib'
import { type Flow, fault, type TargetFiles } from 'groundplan/target'
import { textOf } from '../synth.ts'
import type { System } from '../system.ts'
import { access } from './access.ts'
import { approvals, artifacts, key } from './base.ts'
import { pipeline } from './pipeline.ts'
import { type Way, wayOf } from './way.ts'

/** Faults: `unsupported`. */
export function pipelineFiles(flow: Flow): TargetFiles {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-synth-'))
  try {
    const { stacks } = pipelineApp(wayOf(flow), folder).synth()
    return Object.fromEntries(stacks.map(({ stackName, template }) => [fileOf(flow, stackName), textOf(template)]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its stacks, for whoever looks at them before they are text. */
export function pipelineApp(way: Way, outdir?: string): App {
  const app = new App({ analyticsReporting: false, treeMetadata: false, ...(outdir === undefined ? {} : { outdir }) })
  const [{ system }] = way.stops
  const regions = new Set(way.stops.map(each => each.system.settings.region))
  if (regions.size > 1) throw fault('unsupported', `a pipeline through several regions: ${[...regions].join(', ')}`)
  const name = `${way.name}-pipeline`
  const kit = { stack: stackOf(app, name, system, `How ${way.name} is shipped`), system }
  const sealing = key(kit, name)
  const pipe = { ...kit, name, key: sealing, artifacts: artifacts(kit, sealing) }
  pipeline(pipe, way, approvals(kit, name, sealing, way))
  for (const stop of way.stops) {
    const says = `Who of outside may deploy ${way.name} to ${stop.environment}`
    access(
      { stack: stackOf(app, `${stop.system.names.prefix}-access`, stop.system, says), system: stop.system },
      way,
      stop,
    )
  }
  return app
}

function stackOf(app: App, name: string, { plan, settings }: System, description: string): Stack {
  // It is one; its types take `undefined` for absent.
  const synthesizer = new LegacyStackSynthesizer() as IStackSynthesizer
  const stack = new Stack(app, name, { description, synthesizer })
  Tags.of(stack).add('system', plan.name)
  Tags.of(stack).add('cost-owner', settings.costOwner)
  return stack
}

function fileOf({ plan }: Flow, stackName: string): string {
  const rest = stackName.slice(plan.name.length + 1)
  return rest === 'pipeline'
    ? 'CloudFormation-pipeline.json'
    : `CloudFormation-access-${rest.replace(/-access$/, '')}.json`
}
