/**
 * The web front of a project, for the commands that serve: built where it has to be, with a word on how long that
 * takes, and ready to be started beside the systems.
 */
import { join } from 'node:path'
import type { LogSink } from '../../contract/telemetry.ts'
import type { Environment } from '../environment.ts'
import { Failure } from '../errors.ts'
import type { Project } from '../load.ts'
import type { Terminal } from '../terminal.ts'
import { dueFrontBuild } from './build.ts'
import { type OpenFront, openFront } from './front.ts'
import { frontFolder } from './place.ts'

interface FrontAsked {
  readonly given: { readonly 'no-web'?: true; readonly mount?: string }
  readonly project: Project
  readonly environment: Environment
  /** From the sources, with hot reload: nothing is built. */
  readonly dev?: boolean
}

/**
 * What is to be served, with the front of the project, unless it is not wanted: with `--no-web`, or where a gateway
 * stands at the root. Throws a failure when it cannot be built.
 */
export async function withFront<Options extends { readonly logs: LogSink }>(
  options: Options,
  { given, project, environment, dev = false }: FrontAsked,
  { error }: Pick<Terminal, 'error'>,
): Promise<Options & { readonly known: readonly string[]; readonly front?: OpenFront }> {
  const known = Object.keys(project.config.systems)
  const web = given['no-web'] || given.mount !== undefined ? undefined : frontFolder(project)
  if (web === undefined) return { ...options, known }
  if (!dev) await buildFront(project.root, web, error)
  const folder = join(project.root, web)
  return { ...options, known, front: { open: () => openFront({ folder, dev, environment, logs: options.logs }) } }
}

/** Builds it where it is due; gives whether it was. */
export async function buildFront(root: string, web: string, say: (text: string) => void): Promise<boolean> {
  const due = dueFrontBuild(root, web)
  if (!due) return false
  const label = `Building the pages in ${web} (${due.files} files)`
  say(`${label} …\n`)
  const began = performance.now()
  const reminding = setInterval(() => say(`${label}: still at it after ${seconds(began)}\n`), 15_000)
  try {
    await due.run()
    say(`${label}: done in ${seconds(began)}\n`)
    return true
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${web} cannot be built`, `npm install, so that ${web} has next`, 1, error)
  } finally {
    clearInterval(reminding)
  }
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`
}
