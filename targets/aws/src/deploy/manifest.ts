/**
 * Manifests: what a deployment is to do, as data with a digest. Each part has its template, what it is given and what it
 * stands on; whoever agrees to a digest agrees to these and to no others. A part that is done already is as good as one
 * that is still to do: a deployment which was interrupted goes on under the same agreement.
 */
import { parametersOf } from './given.ts'
import { sha256 } from './objects.ts'
import type { StackNow } from './stacks.ts'

/** One part, as it is agreed to. */
export interface ManifestPart {
  readonly name: string
  readonly stack: string
  readonly region: string
  /** The template's digest. */
  readonly template: string
  /** What it is given. `part.Output` stands for what an earlier part gives. */
  readonly parameters: Readonly<Record<string, string>>
  /** What is there now: a digest of the same, or `nothing`. */
  readonly was: string
}

export interface Manifest {
  readonly system: string
  readonly environment: string
  readonly parts: readonly ManifestPart[]
  /** Digests of images by service. */
  readonly images: Readonly<Record<string, string>>
}

export function digestOf(manifest: Manifest): string {
  return sha256(JSON.stringify(manifest))
}

/** The same text for templates that say the same. */
export function compact(template: string): string {
  return JSON.stringify(JSON.parse(template))
}

/** The digest of what is there, given what it was given. */
export function stateOf(now: Pick<StackNow, 'template' | 'parameters'> | undefined): string {
  if (!now) return 'nothing'
  const given = parametersOf(now.template).map(name => [name, now.parameters[name] ?? ''])
  return stateDigest(sha256(compact(now.template)), Object.fromEntries(given))
}

export function stateDigest(template: string, parameters: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify([template, sorted]))
}

/**
 * Whether what was agreed to covers what is to be done now: the same templates with the same parameters, on what was there
 * then, or on what the agreed deployment itself has made meanwhile.
 */
export function covers(agreed: Manifest, now: Manifest): boolean {
  if (agreed.parts.length !== now.parts.length) return false
  const images = JSON.stringify(agreed.images) === JSON.stringify(now.images)
  return images && now.parts.every((part, at) => coversPart(agreed.parts[at], part))
}

function coversPart(agreed: ManifestPart | undefined, { was, ...now }: ManifestPart): boolean {
  if (!agreed) return false
  const { was: before, ...rest } = agreed
  if (JSON.stringify(rest) !== JSON.stringify(now)) return false
  return was === before || isDone(agreed, was)
}

/** What earlier parts give is not known to a manifest: those parameters are not compared. */
function isDone({ template, parameters }: ManifestPart, was: string): boolean {
  return was === stateDigest(template, parameters)
}
