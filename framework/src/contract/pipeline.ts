/**
 * Pipelines: the way from what is committed to where it runs, described once in `groundplan.config.ts`. Whoever runs
 * pipelines (the target's own service, or one elsewhere) gets it in its own words.
 */
import type { Plan } from '../plan/plan.ts'
import type { Duration } from '../plan/words.ts'
import type { Target } from './target.ts'

/** Who can run a pipeline beside the target's own service. */
export type PipelineHost = 'github' | 'circleci'

/**
 * A share of the calls that what is new gets, and for how long it must do well with them.
 * - `percent`: whole, 1 to 99.
 * - `for`: whole minutes. An alarm in this time takes all calls back.
 * - `confirm`: after that time operations are asked whether to go on, and have this long to say yes.
 */
export interface Level {
  readonly percent: number
  readonly for: Duration<'minute' | 'hour'>
  readonly confirm?: Duration<'hour' | 'day'>
}

/** How calls go over to what is new: level by level, each higher than the one before; then all of them. */
export type Traffic = readonly [Level, ...Level[]]

/** Brings what is committed into an environment. `traffic`: by system; default: all calls at once. */
export interface DeployStage<Environment extends string = string, System extends string = string> {
  readonly deploy: Environment
  readonly traffic?: { readonly [Name in System]?: Traffic }
}

/** Asks a person, who sees what the stage after it would change. `within`: the answer after that is no. */
export interface ApprovalStage {
  readonly approval: string
  readonly within: Duration<'hour' | 'day'>
}

export type Stage<Environment extends string = string, System extends string = string> =
  | DeployStage<Environment, System>
  | ApprovalStage

/**
 * - `source`: the repository on GitHub, as `owner/name`, and the branch that is shipped.
 * - `prepare`: commands that make a fresh checkout ready, in each step that needs it. Default: `npm ci --ignore-scripts`.
 * - `checks`: commands that must succeed before anything is deployed. Default: none but `groundplan check`.
 * - `shared`: files and folders, from the project's, that all images are made of besides their own and the lock file.
 * - `stages`: what happens, in this order.
 * - `circleci`: ids of the organization and the project there, which its tokens are known by.
 */
export interface Pipeline<Environment extends string = string, System extends string = string> {
  readonly source: { readonly repository: `${string}/${string}`; readonly branch: string }
  readonly prepare?: readonly string[]
  readonly checks?: readonly string[]
  readonly shared?: readonly string[]
  readonly stages: readonly Stage<Environment, System>[]
  readonly circleci?: { readonly organization: string; readonly project: string }
}

/** A pipeline as a target is told of it: for one system, with the target of each stage. */
export interface Flow extends Pick<Pipeline, 'source' | 'prepare' | 'checks' | 'shared' | 'circleci'> {
  readonly plan: Plan
  readonly stages: readonly FlowStage[]
  /** The folder of the system: from the project's, with `/`. */
  readonly folder: string
  /** The folder of the web front where there is one, and the files of systems that it takes. */
  readonly web?: { readonly folder: string; readonly takes: readonly string[] }
  /** The config, and files beside it that say which packages there are. */
  readonly rootFiles: readonly string[]
}

export type FlowStage =
  | { readonly kind: 'deploy'; readonly environment: string; readonly target: Target }
  | { readonly kind: 'approval'; readonly asks: string; readonly withinMs: number }

/** Documents of another host of pipelines, by their paths in a repository: JSON data, to be written as YAML. */
export type PipelineDocuments = Readonly<Record<string, unknown>>
