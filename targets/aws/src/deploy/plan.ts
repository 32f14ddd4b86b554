/** What a deployment is to do: each part as it is and as it is to be, with what it is given, and all of it in words. */
import { fault, type Shipping, type TargetChange, type TargetChanges, type TargetFiles } from 'groundplan/target'
import { compared } from '../compare/compare.ts'
import type { System } from '../system.ts'
import type { Assets } from './assets.ts'
import type { Clients } from './clients.ts'
import { type Images, imagesFor, parametersOf, zoneOf } from './given.ts'
import { compact, type Manifest, stateOf } from './manifest.ts'
import { sha256 } from './objects.ts'
import type { StackNow, Stacks } from './stacks.ts'

/** The code of a function, as it is uploaded. */
export interface Code {
  readonly name: string
  /** The template's parameter that says where it lies. */
  readonly parameter: string
  /** Of what it holds. */
  readonly hash: string
  readonly zip: Uint8Array
}

export interface Part {
  readonly name: string
  readonly stack: string
  readonly region: string
  readonly template: string
  /** Undefined: it is to be made. */
  readonly was: StackNow | undefined
  /** What is left of a first try that failed, and holds nothing: it goes before. */
  readonly isRemnant: boolean
  readonly parameters: Readonly<Record<string, string>>
}

export interface Plan {
  readonly parts: readonly Part[]
  readonly manifest: Manifest
  readonly changes: TargetChanges
  readonly assets: Assets
  readonly images: Images
}

/** The order in which parts are deployed. */
export const order = ['deployment', 'infra', 'edge', 'application'] as const
/** CloudFront takes what it needs from there alone. */
export const edgeRegion = 'us-east-1'

export function stackName({ names }: System, part: string): string {
  return `${names.prefix}-${part}`
}

export function regionOf({ settings }: System, part: string): string {
  return part === 'edge' ? edgeRegion : settings.region
}

export interface Planning {
  readonly system: System
  readonly files: TargetFiles
  readonly shipping: Shipping
  readonly clients: Clients
  stacksIn(region: string): Stacks
  assets(system: System): Promise<Assets>
}

export async function planned(planning: Planning): Promise<Plan> {
  const { system, files, clients, shipping } = planning
  const found = await Promise.all(order.flatMap(name => partNow(planning, name) ?? []))
  const running = found.find(({ name }) => name === 'application')?.was?.parameters ?? {}
  const images = await imagesFor(system, clients, shipping.images, running)
  const assets = await planning.assets(system)
  const zone = await zoneOf(clients, system.settings.domain)
  const given = { HostedZoneId: zone, CodeBucket: system.names.deployments, ...images.tags, ...keysOf(assets.codes) }
  const waits = Object.keys(images.missing).length > 0
  const parts = found
    .filter(({ name }) => name !== 'application' || !waits)
    .map(part => ({ ...part, parameters: givenTo(part.template, given) }))
  const manifest = manifestOf(planning, parts, images)
  return { parts, manifest, changes: changesOf(parts, files), assets, images }
}

export function codeKey({ name, hash }: Pick<Code, 'name' | 'hash'>): string {
  return `code/${name}/${hash}.zip`
}

function keysOf(codes: readonly Code[]): Readonly<Record<string, string>> {
  return Object.fromEntries(codes.map(code => [code.parameter, codeKey(code)]))
}

function partNow({ system, files, stacksIn }: Planning, name: string): Promise<Omit<Part, 'parameters'>> | undefined {
  const text = files[`CloudFormation-${name}.json`]
  if (text === undefined) return undefined
  const [stack, region] = [stackName(system, name), regionOf(system, name)]
  const look = async () => {
    const now = await stacksIn(region).now(stack)
    const isRemnant = now !== undefined && /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED)$/.test(now.status)
    refuseStuck(stack, now)
    return { name, stack, region, template: compact(text), was: isRemnant ? undefined : now, isRemnant }
  }
  return look()
}

function refuseStuck(stack: string, now: StackNow | undefined): void {
  if (now?.status !== 'UPDATE_ROLLBACK_FAILED') return
  throw fault('engine-unavailable', `${stack} could not go back after an update that failed: ${now.why}`, {
    wayOut: `mend the cause, then: aws cloudformation continue-update-rollback --stack-name ${stack}`,
  })
}

/** What an earlier part gives has a name, not a value yet. */
function givenTo(template: string, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(parametersOf(template).map(name => [name, given[name] ?? `edge.${name}`]))
}

/** Puts in what earlier parts gave. */
export function resolvedFor(
  { name, parameters }: Part,
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => {
      const [, part, output] = /^(edge)\.(.+)$/.exec(value) ?? []
      if (part === undefined || output === undefined) return [key, value]
      const known = outputs[part]?.[output]
      if (known === undefined) throw missing(name, key)
      return [key, known]
    }),
  )
}

function missing(part: string, parameter: string): Error {
  return fault('setting-missing', `nobody gives ${parameter} to the template of ${part}`, {
    wayOut: 'it is a template of another version: groundplan synth',
  })
}

function manifestOf({ system, shipping }: Planning, parts: readonly Part[], { digests }: Images): Manifest {
  return {
    ...{ system: system.plan.name, environment: shipping.environment, images: digests },
    parts: parts.map(({ name, stack, region, template, parameters, was }) => ({
      ...{ name, stack, region, template: sha256(template), parameters, was: stateOf(was) },
    })),
  }
}

// ---------- in words

function changesOf(parts: readonly Part[], files: TargetFiles): TargetChanges {
  const fileOf = (name: string) => `CloudFormation-${name}.json`
  const before = parts.flatMap(({ name, was }) => (was ? [[fileOf(name), was.template] as const] : []))
  const after = parts.map(({ name }) => [fileOf(name), files[fileOf(name)] ?? '{}'] as const)
  const found = compared(Object.fromEntries(before), Object.fromEntries(after))
  return { ...found, changes: [...found.changes, ...parts.flatMap(givenOtherwise)] }
}

/** Code, images and whatever else a template is given anew. */
function givenOtherwise({ was, parameters }: Part): readonly TargetChange[] {
  if (!was) return []
  return Object.entries(parameters).flatMap(([name, value]) => {
    const before = was.parameters[name]
    if (before === value || before === undefined || /^edge\./.test(value)) return []
    return [{ does: 'changes' as const, what: inWords(name), how: [`${shortly(before)} → ${shortly(value)}`] }]
  })
}

function inWords(parameter: string): string {
  const [, kind, of = ''] = /^(Code|Image)(.+)$/.exec(parameter) ?? []
  if (kind === undefined || parameter === 'CodeBucket') return parameter
  const name = of.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
  return `${kind.toLowerCase()} of ${name}`
}

/** Of a digest as much as tells it from others. */
function shortly(value: string): string {
  return value.replace(/^.*\/([0-9a-f]{12})[0-9a-f]{20,}(\.zip)?$/, '$1')
}
