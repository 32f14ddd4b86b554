/**
 * Targets: where systems are shipped to, as `groundplan.config.ts` names them. A target is a value that has loaded
 * nothing: it loads what it needs when a command asks it. What it writes are files that one can read, keep and deploy
 * without us: the same plan and the same settings give the same text, on any machine.
 */
import type { Plan } from '../plan/plan.ts'

/** Texts by their file names. */
export type TargetFiles = Readonly<Record<string, string>>

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

/** Where systems are shipped to: `aws({ region: 'eu-central-1' })`. */
export interface Target {
  readonly kind: 'target'
  readonly name: string
  /** Everything a system needs there. Faults: `plan-invalid`, `unsupported`, for what cannot be there. */
  files(plan: Plan, environment: string): Promise<TargetFiles>
  /** What a deployment of `after` would do where `before` is deployed. */
  compare(before: TargetFiles, after: TargetFiles): Promise<TargetChanges>
}
