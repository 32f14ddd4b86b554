/**
 * Bundles: the code of what a target runs, made ready to be sent there. The same input gives the same bytes, so a bundle is
 * known by its hash, and what lies there under that hash need not be sent again.
 */
import type { Plan } from '../plan/plan.ts'

/** What is bundled. */
export interface Bundling {
  readonly plan: Plan
  readonly environment: string
  /** The project's folder, and the plan's file: both absolute. */
  readonly root: string
  readonly planFile: string
  /** These alone, by their names. Default: all. */
  readonly only?: readonly string[]
  /** Conditions of packages' `exports`, besides the usual ones. */
  readonly conditions?: readonly string[]
}

export interface CodeBundle {
  /** What runs it: a service, or one of the target's own. */
  readonly name: string
  /** The parameter of the templates that says where it lies. */
  readonly parameter: string
  /** Of the files' names and contents: SHA-256, in hexadecimal. */
  readonly hash: string
  /** What is sent, by name. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** The same, packed. */
  readonly zip: Uint8Array
  /** What stays here: source maps. */
  readonly beside: Readonly<Record<string, Uint8Array>>
  /** What the first file is made of: bytes by package or folder, the largest first. */
  readonly parts: readonly (readonly [name: string, bytes: number])[]
  /** Schemas that are code already, and those that Zod reads where they are met first. */
  readonly schemas: { readonly ready: number; readonly later: number }
}
