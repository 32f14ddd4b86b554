/** The same flows for other hosts of pipelines, as documents by the paths that these hosts look for. */
import type { Flow, PipelineDocuments, PipelineHost } from 'groundplan/target'
import { circleConfig } from './circleci.ts'
import { githubWorkflow } from './github.ts'
import { wayOf } from './way.ts'

/** Faults: `unsupported`. */
export function hosted(flows: readonly Flow[], host: PipelineHost): PipelineDocuments {
  const ways = flows.map(wayOf)
  if (host === 'circleci') return { '.circleci/config.yml': circleConfig(ways) }
  return Object.fromEntries(ways.map(way => [`.github/workflows/${way.name}.yml`, githubWorkflow(way)]))
}
