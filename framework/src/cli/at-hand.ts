/**
 * The operator of a system for one command: the one of the process that runs it, asked over its control socket; where
 * none does, the system opened at rest from its data folder: nothing of it works by itself then.
 *
 * Between "none runs it" and "opened" a process may come, and one that has the folder may not answer yet, or be another
 * command that is done in a moment: so both are tried again for some seconds.
 */
import { setTimeout as later } from 'node:timers/promises'
import type { Operator } from '../contract/operator.ts'
import { mistakesIn } from '../contract/plan-check.ts'
import { isFault } from '../contract/problems.ts'
import { runningOperator } from '../http/control/client.ts'
import { operatorOf } from '../runtime/operator/operator.ts'
import { embedded, embeddedCapabilities } from '../targets/embedded.ts'
import { environmentIn } from './environment.ts'
import { type PlacedAt, placementIn } from './environments.ts'
import { Failure } from './errors.ts'
import { findingText, mistaken } from './findings.ts'
import { type LoadedSystem, loadSystems, type Project } from './load.ts'
import { prettyLine } from './log-format.ts'
import { masterKeyIn } from './master-key.ts'
import { type Places, placesOf, systemFolder } from './places.ts'
import { remember, seedInto } from './seeding.ts'
import { paint, type Terminal } from './terminal.ts'

export interface AtHand extends AsyncDisposable {
  readonly system: string
  readonly operator: Operator
}

const patienceMs = 5_000
const againMs = 100
const graceMs = 5_000

/** What `--data` and `--env` say. */
export interface Where {
  readonly data?: string | undefined
  readonly env?: string | undefined
}

/**
 * Gets hold of a system. Throws a failure where another process has the folder and does not
 * answer.
 */
export async function atHand(
  project: Project,
  system: string,
  terminal: Terminal,
  { data, env }: Where,
): Promise<AtHand> {
  const placement = await placementIn(project, env, terminal)
  const places = placesOf(project.root, terminal, data, placement?.name)
  const folder = systemFolder(places.data, system)
  const untilMs = performance.now() + patienceMs
  for (;;) {
    const running = await runningOperator(folder)
    if (running) return { system, operator: running, [Symbol.asyncDispose]: async () => {} }
    try {
      return await atRest(project, system, places, terminal, placement)
    } catch (error) {
      if (!isHeld(error)) throw error
      if (performance.now() > untilMs) throw silent(system, error)
      await later(againMs)
    }
  }
}

/** Another process has the folder. */
function isHeld(error: unknown): error is Error & { readonly more: { readonly pid: number } } {
  return isFault(error, 'engine-unavailable') && typeof error.more.pid === 'number'
}

function silent(system: string, error: { readonly more: { readonly pid: number } }): Failure {
  const message = `Process ${error.more.pid} has the data of "${system}" and does not answer`
  const wayOut = 'wait until it has started or ended, then run the command again\nor end it, if it hangs'
  return new Failure(message, wayOut, 1, error)
}

async function atRest(
  project: Project,
  system: string,
  places: Places,
  terminal: Terminal,
  placement: PlacedAt | undefined,
): Promise<AtHand> {
  const [loaded] = await loadSystems(project, [system])
  if (!loaded) throw new Error(`"${system}" was not loaded`)
  refuseMistakes(loaded, project, terminal, placement)
  const ink = paint(terminal.colours)
  const environment = await environmentIn(project.root, terminal.environment)
  const masterKey = placement?.masterKey ?? (await masterKeyIn(project.root, environment))
  const target = embedded({
    ...(masterKey ? { masterKey } : {}),
    ...(placement ? { placement } : {}),
    folder: places.data,
    baseUrl: 'http://127.0.0.1:7400',
    background: false,
    // What handlers say while they are run by hand; the answer itself is the command's to give.
    logs: record => {
      if (record.handler !== 'operator') terminal.error(prettyLine(record, ink, project.root))
    },
  })
  await target.start(loaded.plan, { settings: {}, secrets: {} })
  const [started] = target.started
  if (!started) throw new Error(`"${system}" was not started`)
  const { seed } = loaded
  const sow = async (): Promise<readonly string[]> => {
    const said = seed ? await seedInto(started.runtime, seed) : []
    await remember(systemFolder(places.data, system), said)
    return said
  }
  const options = { running: false, logs: () => {}, ...(seed ? { seed: sow } : {}) }
  const operator = operatorOf(started.runtime, started.drivers, options)
  return { system, operator, [Symbol.asyncDispose]: () => target.stop(graceMs) }
}

function refuseMistakes(
  { plan }: LoadedSystem,
  { root }: Project,
  terminal: Terminal,
  placement: PlacedAt | undefined,
): void {
  const mistakes = mistakesIn([plan], placement?.capabilities ?? embeddedCapabilities)
  for (const each of mistakes) terminal.error(findingText('mistake', each, root, paint(terminal.colours)))
  if (mistakes.length > 0) throw mistaken(mistakes.length)
}
