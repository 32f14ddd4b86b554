/**
 * Targets: where systems are shipped to, as `groundplan.config.ts` names them. A target is a value that has loaded
 * nothing: it loads what it needs when a command asks it. What it writes are files that one can read, keep and deploy
 * without us: the same plan and the same settings give the same text, on any machine.
 */

import type { Plan } from '../plan/plan.ts'
import type { Bundling, CodeBundle } from './code-bundle.ts'
import type { ApprovalRequest, Deployment, Removal, Shipping } from './deployment.ts'
import type { Flow, PipelineDocuments, PipelineHost, Traffic } from './pipeline.ts'

/** Texts by their file names. */
export type TargetFiles = Readonly<Record<string, string>>

/**
 * Domain names that gateways have of their own, by system and gateway: `{ shop: { customer: 'shop.example.org' } }`. A
 * gateway keeps its path there, and no other gateway answers at that name.
 */
export type Domains = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What a deployment would do to one thing. */
export interface TargetChange {
  readonly does: 'makes' | 'changes' | 'replaces' | 'removes'
  /** The thing, in words: `table orders`. */
  readonly what: string
  /** What of it changes, in words. */
  readonly how: readonly string[]
}

/** What a deployment would do. */
export interface TargetChanges {
  readonly changes: readonly TargetChange[]
  /** Permissions and network paths that become wider, each in a sentence. */
  readonly widens: readonly string[]
  /** Data that would be gone, each in a sentence. */
  readonly loses: readonly string[]
}

/** What a container of a system keeps things with, as the config in its image says it. */
export interface ContainerEngines {
  /** The packages that the image needs for it. */
  readonly packages: readonly string[]
  /** Names that are imported, by module. */
  readonly imports: Readonly<Record<string, readonly string[]>>
  /** The engines, each as it is written: `aws({ region: fromEnv('AWS_REGION'), … })`. */
  readonly engines: readonly string[]
  /** The address of certificates by which engines there are known: an image trusts these, too. Default: those that all know. */
  readonly certificates?: string
}

/** Where systems are shipped to: `aws({ region: 'eu-central-1' })`. */
export interface Target {
  readonly kind: 'target'
  readonly name: string
  /** Everything a system needs there. Faults: `plan-invalid`, `unsupported`, for what cannot be there. */
  files(plan: Plan, environment: string): Promise<TargetFiles>
  /** What a deployment of `after` would do where `before` is deployed. */
  compare(before: TargetFiles, after: TargetFiles): Promise<TargetChanges>
  /** The code of what runs there, in files that are sent. Faults: `unsupported`, where it cannot run there. */
  bundles?(bundling: Bundling): Promise<readonly CodeBundle[]>
  /** What containers of these plans keep things with there: `groundplan compose --for-target` writes it into images. */
  containers?(plans: readonly Plan[]): Promise<ContainerEngines>
  /** What is to be done to bring a system up to its plan there. Follows first what still runs. Faults: `engine-unavailable`. */
  deployment?(shipping: Shipping): Promise<Deployment>
  /** What somebody asked another to agree to there. Faults: `engine-unavailable`. */
  asked?(plan: Plan, environment: string, profile?: string): Promise<ApprovalRequest | undefined>
  /** What is to be done to take a system away from there. Faults: `engine-unavailable`. */
  removal?(shipping: Shipping): Promise<Removal>
  /** The same environment, where calls go over to what is new level by level: by the plan's name. */
  shifting?(traffic: Readonly<Record<string, Traffic>>): Target
  /** The same environment, where these gateways have domain names of their own. */
  named?(domains: Domains): Target
  /** What its own service of pipelines needs for a system, and what lets others in. Faults: `unsupported`. */
  pipeline?(flow: Flow): Promise<TargetFiles>
  /** The same for another host of pipelines. Faults: `unsupported`. */
  hosted?(flows: readonly Flow[], host: PipelineHost): Promise<PipelineDocuments>
}
