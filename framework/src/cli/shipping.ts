/**
 * What `synth` and `diff` share: which systems are shipped where, what their targets write, and where it lies: beside the
 * plan, in a folder of the target's and the environment's name, so that it is kept and read with the plan.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Target, TargetFiles } from '../contract/target.ts'
import { environmentNamed } from './environments.ts'
import { Failure } from './errors.ts'
import { flowOf, pipelineFolder, targetOf } from './flows.ts'
import { loadProject, loadSystems, namesMeant, type Project } from './load.ts'
import type { Terminal } from './terminal.ts'

export const environmentFlag = {
  type: 'string',
  value: '<name>',
  help: 'one environment of the config (all that have a target)',
} as const

/** One system in one environment. */
export interface Shipment {
  readonly system: string
  readonly environment: string
  readonly target: Target
  /** Where its files lie. */
  readonly folder: string
  /** The same, from where the command is given. */
  readonly shown: string
  /** What is written now. */
  readonly files: TargetFiles
}

/**
 * The systems meant, in the environments meant.
 * @param elsewhere a folder to look for files in, or to write them to, instead of the plan's
 */
export async function shipments(
  terminal: Terminal,
  named: readonly string[],
  environment: string | undefined,
  elsewhere: string | undefined,
): Promise<readonly Shipment[]> {
  const project = await loadProject(terminal.folder)
  const targets = targetsMeant(project, environment)
  const { systems, start = Object.keys(systems) } = project.config
  const loaded = await loadSystems(project, namesMeant(project, named, start))
  const found: Shipment[] = []
  for (const { plan, file } of loaded) {
    for (const [name, target] of targets) {
      const beside = join(project.root, dirname(file), target.name, name)
      const folder = elsewhere === undefined ? beside : resolve(terminal.folder, elsewhere, plan.name, name)
      const files = await target.files(plan, name)
      const shown = relative(terminal.folder, folder) || '.'
      found.push({ system: plan.name, environment: name, target, folder, shown, files })
    }
  }
  return found
}

/** What the pipeline of the config needs at its target, for each system that is meant: none where there is no pipeline. */
export async function pipelines(
  terminal: Terminal,
  named: readonly string[],
  elsewhere: string | undefined,
): Promise<readonly Shipment[]> {
  const project = await loadProject(terminal.folder)
  const { pipeline, systems, start = Object.keys(systems) } = project.config
  if (pipeline === undefined) return []
  const found: Shipment[] = []
  for (const { plan, file } of await loadSystems(project, namesMeant(project, named, start))) {
    const flow = flowOf(project, pipeline, { plan, file })
    const target = targetOf(flow)
    if (!target?.pipeline) continue
    const beside = join(project.root, dirname(file), target.name, pipelineFolder)
    const folder = elsewhere === undefined ? beside : resolve(terminal.folder, elsewhere, plan.name, pipelineFolder)
    const shown = relative(terminal.folder, folder) || '.'
    const files = await target.pipeline(flow)
    found.push({ system: plan.name, environment: pipelineFolder, target, folder, shown, files })
  }
  return found
}

/** Throws a failure where there is no such environment, or none has a target. */
export function targetsMeant(project: Project, named: string | undefined): readonly (readonly [string, Target])[] {
  const { config, file } = project
  const all = Object.entries(config.environments ?? {})
  const targets = all.flatMap(([name, { target }]) => (target ? [[name, target] as const] : []))
  if (named === undefined) {
    if (targets.length > 0) return targets
    throw new Failure(`${file} names no environment with a target`, example)
  }
  const { target } = environmentNamed(project, named)
  if (target) return [[named, target]]
  throw new Failure(`The environment "${named}" has no target`, example)
}

const example =
  "give it one: environments: { production: { target: aws({ region: 'eu-central-1', … }) } }  // from '@groundplan/aws-target'"

/** The files of these names that lie in a folder: those written before. */
export function filesIn(folder: string, like: TargetFiles): TargetFiles {
  if (!existsSync(folder)) return {}
  const endings = new Set(Object.keys(like).map(endingOf))
  const names = readdirSync(folder).filter(name => endings.has(endingOf(name)))
  return Object.fromEntries(names.sort().map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.'))
}
