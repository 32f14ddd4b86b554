/** The pipeline of `groundplan.config.ts`, as targets are told of it: for each system the way through its stages. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Flow, FlowStage, Pipeline } from '../contract/pipeline.ts'
import type { Target } from '../contract/target.ts'
import { milliseconds } from '../plan/words.ts'
import { environmentNamed } from './environments.ts'
import { Failure } from './errors.ts'
import type { LoadedSystem, Project } from './load.ts'
import { frontFolder } from './web/place.ts'

/** What a system's pipeline lies in, beside its environments: none of them may be named so. */
export const pipelineFolder = 'pipeline'

/** Throws a failure for stages that lead nowhere. */
export function flowOf(
  project: Project,
  pipeline: Pipeline,
  { plan, file }: Pick<LoadedSystem, 'plan' | 'file'>,
): Flow {
  const { source, prepare, checks, shared, circleci } = pipeline
  const web = webOf(project)
  return {
    plan,
    source,
    ...(prepare ? { prepare } : {}),
    ...(checks ? { checks } : {}),
    ...(shared ? { shared } : {}),
    ...(circleci ? { circleci } : {}),
    ...(web ? { web } : {}),
    stages: pipeline.stages.map(stage => stageOf(project, stage)),
    folder: slashed(dirname(file)),
    rootFiles: there(project, [project.file, 'package-lock.json']),
  }
}

/** The target of the last stage: it knows how its environments are reached. */
export function targetOf({ stages }: Flow): Target | undefined {
  return stages.flatMap(stage => (stage.kind === 'deploy' ? [stage.target] : [])).at(-1)
}

function stageOf(project: Project, stage: Pipeline['stages'][number]): FlowStage {
  if ('approval' in stage) return { kind: 'approval', asks: stage.approval, withinMs: milliseconds(stage.within) }
  const { target } = environmentNamed(project, stage.deploy)
  if (target) return { kind: 'deploy', environment: stage.deploy, target }
  throw new Failure(
    `The pipeline deploys to "${stage.deploy}", which has no target`,
    `give the environment a target in ${project.file}, or take the stage out of the pipeline`,
  )
}

/** The web front takes clients of systems, which stand beside their plans. */
function webOf(project: Project): Flow['web'] {
  const folder = frontFolder(project)
  if (folder === undefined) return undefined
  const beside = Object.values(project.config.systems).map(path => dirname(path))
  const takes = beside.flatMap(each => [slashed(join(each, 'client.ts')), slashed(join(each, 'package.json'))])
  return { folder: slashed(folder), takes: there(project, takes) }
}

function there({ root }: Project, files: readonly string[]): readonly string[] {
  return files.filter(file => existsSync(join(root, file)))
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}
