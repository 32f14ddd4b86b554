/**
 * Deployments: how a target brings up what it wrote, in parts that follow each other, and takes it away again. What is to be
 * done is known, and has a digest, before anything is done: who agrees agrees to that and to nothing else. Interrupted
 * anywhere and begun again, a deployment goes on where it was.
 */
import type { Plan } from '../plan/plan.ts'
import type { TargetChanges } from './target.ts'

/** Who must agree: nobody, whoever deploys, or somebody else than who asked. */
export type Approval = 'nobody' | 'oneself' | 'another'

/** What is shipped where, and who hears how it goes. */
export interface Shipping {
  readonly plan: Plan
  readonly environment: string
  /** The project's folder, and the plan's file: both absolute. */
  readonly root: string
  readonly planFile: string
  /** The web front, where there is one: its folder, absolute, and a digest of what it is made of. */
  readonly web?: { readonly folder: string; readonly digest: string }
  /** Whose credentials are used, by the name that the target's own tools know them under. Default: as these find them. */
  readonly profile?: string
  /** The images to run: one tag for all, or tags by service. Default: those that run. */
  readonly images?: string | Readonly<Record<string, string>>
  /** When it is aborted, nobody follows any more; what was begun goes on there. */
  readonly signal: AbortSignal
  told(progress: DeploymentProgress): void
}

/** Something that happened to one thing. */
export interface DeploymentProgress {
  /** One of the parts that follow each other: `infra`. */
  readonly part: string
  /** The thing, in words; of a `note` the whole sentence. */
  readonly what: string
  readonly state: 'begun' | 'done' | 'failed' | 'undone' | 'note'
  readonly does?: 'makes' | 'changes' | 'removes'
  readonly tookMs?: number
  readonly why?: string
}

/** Who did something, and when: an instant in ISO 8601. */
export interface Signed {
  readonly by: string
  readonly at: string
}

/** How it ended. */
export type DeploymentEnd =
  /** `addresses`: where it stands. */
  | { readonly end: 'done'; readonly addresses: readonly string[] }
  /** The first thing that failed, and what became of the rest. */
  | {
      readonly end: 'failed'
      readonly part: string
      readonly what: string
      readonly why: string
      readonly wayOut: string
      readonly after: string
    }
  /** Something must be there before it can go on. */
  | { readonly end: 'waits'; readonly why: string; readonly wayOut: string }
  /** Nobody follows it any more; what was begun goes on. */
  | { readonly end: 'left'; readonly part: string }

/** What is to be deployed, compared with what is there. */
export interface Deployment {
  /** Where it goes and as whom, in words. */
  readonly to: string
  /** Names what is to be done: templates, what they are given, what they stand on. Anything else has another. */
  readonly digest: string
  readonly changes: TargetChanges
  readonly approval: Approval
  /** Who agreed to exactly this, where another must. */
  readonly approved?: Signed
  /** Asks for another's approval. */
  ask(): Promise<Signed>
  run(): Promise<DeploymentEnd>
}

/** A deployment that somebody asked another to agree to, as it lies there. */
export interface ApprovalRequest {
  readonly digest: string
  readonly changes: TargetChanges
  readonly asked: Signed
  readonly approved?: Signed
  /** Faults: `not-allowed` for who asked. */
  approve(): Promise<Signed>
}

/** Something that a removal takes away, or leaves behind. */
export interface Removed {
  /** In words: `table orders`. */
  readonly what: string
  /** The thing's own name: what it is named by where it must be. */
  readonly name: string
  readonly holdsData: boolean
  /** It outlives its template. */
  readonly stays: boolean
}

/** What is to be taken away. */
export interface Removal {
  readonly to: string
  readonly things: readonly Removed[]
  /** Names of what must be named by whoever removes it: it holds data of the plan, or is protected. */
  readonly mustBeNamed: readonly string[]
  run(): Promise<DeploymentEnd>
}
