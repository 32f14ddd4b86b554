/**
 * What `deploy`, `approve` and `destroy` share: what is meant, how it is told while it goes on, and how it ended. Progress
 * goes to standard error, what was asked for to standard output; for machines everything is a line of JSON there.
 */
import { join } from 'node:path'
import type { DeploymentEnd, DeploymentProgress, Shipping, Signed } from '../contract/deployment.ts'
import type { Target } from '../contract/target.ts'
import { lengthOf } from './columns.ts'
import { environmentNamed, envMeant } from './environments.ts'
import { exitCodes, Failure, wrongUsage } from './errors.ts'
import { type LoadedSystem, loadProject, loadSystems, namesMeant } from './load.ts'
import { paint, type Terminal } from './terminal.ts'
import { frontDigest } from './web/build.ts'

/** For pipelines, beside done, failed and wrong usage. */
export const deployExits = { widens: 3, loses: 4, waits: 5, left: 130 } as const

/** Whose credentials: people have several, in an account each. */
export const profileFlag = {
  type: 'string',
  value: '<name>',
  help: "credentials under this name of the target's own tools (those these find by themselves)",
} as const

/** Systems and where they go. */
export interface Destination {
  readonly root: string
  readonly environment: string
  readonly target: Target
  readonly systems: readonly LoadedSystem[]
  /** The folder of the web front, from the root. */
  readonly web: string | undefined
}

/** Throws a failure (wrong usage) where no environment is named, or it has no target. */
export async function destinationOf(
  terminal: Terminal,
  named: readonly string[],
  env: string | undefined,
  command: string,
): Promise<Destination> {
  const environment = envMeant(env, terminal)
  if (environment === undefined) {
    throw wrongUsage('It is not said which environment', `groundplan ${command} --env <name>`)
  }
  const project = await loadProject(terminal.folder)
  const { target } = environmentNamed(project, environment)
  if (!target) throw wrongUsage(`The environment "${environment}" has no target`, 'name one that is shipped somewhere')
  const { systems, start = Object.keys(systems) } = project.config
  const loaded = await loadSystems(project, namesMeant(project, named, start))
  return { root: project.root, environment, target, systems: loaded, web: project.config.web }
}

/** What a target is told of one system. */
export function shippingOf(
  { root, environment, web }: Destination,
  { plan, file }: LoadedSystem,
  { profile, ...doing }: Pick<Shipping, 'signal' | 'told'> & { readonly profile: string | undefined },
): Shipping {
  const front = web === undefined ? {} : { web: { folder: join(root, web), digest: frontDigest(root, web) } }
  const whose = profile === undefined ? {} : { profile }
  return { plan, environment, root, planFile: join(root, file), ...doing, ...whose, ...front }
}

/** What a target cannot do is said, with its name. */
export function cannot({ name }: Target, what: string): Failure {
  return new Failure(`The target "${name}" cannot ${what}`, 'deploy what groundplan synth writes by its own tools')
}

/** Runs with a signal that Ctrl-C gives once; the second one ends the process at once. */
export async function interruptible<T>(terminal: Terminal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const release = terminal.onSignal(() => {
    if (controller.signal.aborted) terminal.exit(deployExits.left)
    controller.abort()
  })
  try {
    return await run(controller.signal)
  } finally {
    release()
  }
}

/** Tells what happens, a line each. */
export function toldTo(terminal: Terminal, system: string, json: true | undefined): Shipping['told'] {
  if (json) return progress => terminal.out(`${JSON.stringify({ event: 'progress', system, ...progress })}\n`)
  return progress => terminal.error(progressText(progress, terminal))
}

const done = { makes: 'made', changes: 'changed', removes: 'removed' } as const

function progressText(
  { part, what, state, does = 'makes', tookMs, why }: DeploymentProgress,
  terminal: Terminal,
): string {
  const ink = paint(terminal.colours)
  const took = tookMs === undefined ? '' : ink.dim(`  ${lengthOf(tookMs)}`)
  const head = ink.dim(part.padEnd(12))
  switch (state) {
    case 'note':
      return `${head}${what}\n`
    case 'begun':
      return `${head}${ink.dim(`${does} ${what}`)}\n`
    case 'done':
      return `${head}${ink.green(done[does])} ${what}${took}\n`
    case 'undone':
      return `${head}${ink.yellow(does === 'removes' ? 'removed again' : 'put back')} ${what}${took}\n`
    default:
      return `${head}${ink.red('failed')} ${what}: ${why}\n`
  }
}

/** Says how it ended, the cause first. Gives the exit code. */
export function ended(end: DeploymentEnd, system: string, terminal: Terminal, json: true | undefined): number {
  if (json) terminal.out(`${JSON.stringify({ event: 'ended', system, ...end })}\n`)
  else (end.end === 'done' ? terminal.out : terminal.error)(endText(end, system, terminal))
  return { done: exitCodes.done, failed: exitCodes.failed, waits: deployExits.waits, left: deployExits.left }[end.end]
}

function endText(end: DeploymentEnd, system: string, { colours }: Terminal): string {
  const ink = paint(colours)
  const name = ink.bold(system)
  switch (end.end) {
    case 'done':
      return [`${ink.green('done')} ${name}`, ...end.addresses].join('  ').concat('\n')
    case 'failed':
      return (
        `${ink.red('failed')} ${name}, ${end.part}: ${ink.bold(end.what)}: ${end.why}\n` +
        `  ${ink.cyan('→')} ${end.wayOut}\n  ${end.after}\n`
      )
    case 'waits':
      return `${ink.yellow('waits')} ${name}: ${end.why}\n  ${ink.cyan('→')} ${end.wayOut}\n`
    default:
      return (
        `${ink.yellow('left')} ${name}: nobody follows any more; what was begun of ${end.part} goes on there\n` +
        `  ${ink.cyan('→')} run the command again: it follows what runs, and goes on\n`
      )
  }
}

/** Who did something when. */
export function signedText({ by, at }: Signed): string {
  return `${by}, ${at}`
}

/** As much of a digest as people compare. */
export function short(digest: string): string {
  return digest.slice(0, 12)
}
