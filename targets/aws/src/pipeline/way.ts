/**
 * The way of a system through a pipeline, as AWS knows it: the environments with their names, the images and what they are
 * made of. All hosts of pipelines are written from this.
 */
import { type Flow, fault, type Target } from 'groundplan/target'
import type { AwsSettings } from '../settings.ts'
import { imagesOf, type System, systemOf, web } from '../system.ts'
import { type Shift, shiftOf } from '../traffic.ts'

/** A target of this package: whoever knows it may look at its settings. */
export interface AwsTarget extends Target {
  readonly settings: AwsSettings
}

export interface Image {
  /** Of its container and its registry: the service, or the web front. */
  readonly name: string
  /** Files and folders that it is made of, from the project's folder; what is in `without` does not count. */
  readonly paths: readonly string[]
  readonly without: readonly string[]
}

export interface Stop {
  readonly environment: string
  readonly system: System
  readonly shift: Shift
  /** Who is asked before, and for how long. */
  readonly approval?: { readonly asks: string; readonly withinMs: number }
  /** Where its images come from: the environment before; of the first: built. */
  readonly from?: System
}

export interface Way {
  readonly flow: Flow
  readonly name: string
  readonly images: readonly Image[]
  readonly stops: readonly [Stop, ...Stop[]]
}

/** Faults: `unsupported`, for stages that make no way on AWS. */
export function wayOf(flow: Flow): Way {
  const stops = stopsOf(flow)
  const [first] = stops
  if (first === undefined) throw fault('unsupported', 'a pipeline that deploys to no environment')
  const [kinds, ...others] = stops.map(({ system }) => JSON.stringify(imagesOf(system)))
  if (others.some(each => each !== kinds)) {
    throw fault(
      'unsupported',
      `${flow.plan.name} runs as containers in some environments of its pipeline and not in others`,
    )
  }
  return { flow, name: flow.plan.name, images: imagesIn(flow, first.system), stops: [first, ...stops.slice(1)] }
}

function stopsOf({ plan, stages }: Flow): readonly Stop[] {
  const stops: Stop[] = []
  let approval: Stop['approval']
  for (const stage of stages) {
    if (stage.kind === 'approval') approval = stage
    else {
      stops.push(stopOf(systemIn(stage.target, plan, stage.environment), approval, stops.at(-1)))
      approval = undefined
    }
  }
  if (approval !== undefined) throw fault('unsupported', 'an approval after which nothing is deployed')
  return stops
}

function stopOf(system: System, approval: Stop['approval'], before: Stop | undefined): Stop {
  const from = before ? { from: before.system } : {}
  const asked = approval ? { approval } : {}
  return { environment: system.environment, system, shift: shiftOf(system), ...asked, ...from }
}

function systemIn(target: Target, plan: Flow['plan'], environment: string): System {
  if (!isAws(target)) throw fault('unsupported', `the environment ${environment} is on ${target.name}, not on AWS`)
  if (target.settings.approval === 'another') {
    throw fault(
      'unsupported',
      `the environment ${environment} wants another's approval, which a pipeline cannot give: put an approval before its stage, and leave out \`approval\``,
    )
  }
  return systemOf(plan, environment, target.settings)
}

function isAws(target: Target): target is AwsTarget {
  return target.name === 'aws' && 'settings' in target
}

/**
 * A folder in the system's that has a service's name is that service's own; all else of it belongs to all its services.
 * Whoever sends must know who listens, which another service's folder may say: so where there are several, all of them are
 * made of what is kept, too, as the first environment's template says it, where each listener has a queue.
 * The web front is made of its own folder and of what it takes of the system: the client.
 */
function imagesIn({ folder, web: front, shared = [], rootFiles }: Flow, system: System): readonly Image[] {
  const services = system.services.map(({ name }) => `${folder}/${name}`)
  const common = [...shared, ...rootFiles]
  const kept = services.length > 1 ? [`${folder}/aws/${system.environment}/CloudFormation-infra.json`] : []
  return imagesOf(system).map(name => {
    const own = `${folder}/${name}`
    const without = [...services.filter(each => each !== own), `${folder}/aws`, `${folder}/test`]
    return name === web && front !== undefined
      ? { name, paths: [front.folder, ...front.takes, ...common], without: [`${front.folder}/test`] }
      : { name, paths: [folder, ...kept, ...common], without }
  })
}

/** Patterns of what starts the pipeline: nothing else of the repository does. */
export function pathsOf({ flow: { plan, folder, web: front, shared = [], rootFiles } }: Way): readonly string[] {
  const folders = [folder, ...(plan.sites.length > 0 && front !== undefined ? [front.folder] : []), ...shared]
  return [...folders.map(each => `${each}/**`), ...rootFiles]
}

/** Files of the folders that say nothing about what runs. */
export const notCounted = ['*.md', '*.png', '*.svg', '*.test.ts', '*.test.tsx'] as const

/** What lies in a folder once something was installed or built there. */
export const notCommitted = ['node_modules', 'dist', '.next'] as const
