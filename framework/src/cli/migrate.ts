/**
 * `groundplan migrate`: brings what an environment keeps up to the plans: says what is to be done, then does it. What runs
 * meanwhile goes on.
 */
import type { MigrationProgress, MigrationStep } from '../contract/engine.ts'
import { mistakesIn } from '../contract/plan-check.ts'
import { command } from './command.ts'
import { envFlag, envMeant, type PlacedAt, placementIn } from './environments.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { findingLine, findingText, mistaken } from './findings.ts'
import { type LoadedSystem, loadProject, loadSystems, namesMeant, type Project } from './load.ts'
import { migrationsOf } from './migrations.ts'
import { sure, yesFlag } from './operating.ts'
import { paint, type Terminal } from './terminal.ts'

export const migrate = command({
  name: 'migrate',
  summary: 'Brings what an environment keeps up to the plans',
  takes: '[system…]',
  about:
    'Says what is to be done to the engines of an environment, and asks before it does it: tables, indexes and queues are\n' +
    'made, indexes of tables that hold something are filled, migrations of databases run. Forwards only, one process at\n' +
    'a time; interrupted, it goes on where it was. Systems that run go on meanwhile. Nothing that holds something is taken\n' +
    "away. On this machine's disk none of it is needed: there it is done at the start.",
  flags: {
    env: envFlag,
    'dry-run': { type: 'boolean', help: 'says what is to be done, and does nothing' },
    yes: yesFlag,
    json: { type: 'boolean', help: 'a line of JSON for each thing to be done, each that is done, and one at the end' },
  },
  examples: [
    ['groundplan migrate --env production --dry-run', 'what is to be done'],
    ['groundplan migrate --env production --yes', 'before a new version is started, in a pipeline'],
    ['groundplan migrate storefront --env staging', 'one system; asks first'],
  ],
  async run({ env, 'dry-run': dry, yes, json }, named, terminal) {
    const project = await loadProject(terminal.folder)
    const placement = await placed(project, env, terminal)
    const { systems, start = Object.keys(systems) } = project.config
    const loaded = await loadSystems(project, namesMeant(project, named, start))
    refuseMistakes(loaded, project, placement, terminal, json)
    const words = json ? machineWords(terminal) : personWords(terminal)
    const found = await pendingIn(loaded, placement, words)
    const count = found.reduce((sum, { steps }) => sum + steps.length, 0)
    if (count > 0 && !dry) {
      await sure(terminal, yes, `Do ${count === 1 ? 'this' : `these ${count} things`} in "${placement.name}"?`)
      for (const { system } of found) await migrated(system, placement, words)
    }
    words.end(count, dry === undefined)
    return exitCodes.done
  },
})

async function placed(project: Project, env: string | undefined, terminal: Terminal): Promise<PlacedAt> {
  const placement = await placementIn(project, env, terminal)
  if (placement) return placement
  const name = envMeant(env, terminal)
  if (name === undefined) throw wrongUsage('It is not said which environment', 'groundplan migrate --env <name>')
  throw wrongUsage(`"${name}" names no drivers, so it has nothing to migrate`, 'name an environment with drivers')
}

function refuseMistakes(
  loaded: readonly LoadedSystem[],
  { root }: Project,
  { capabilities }: PlacedAt,
  terminal: Terminal,
  json: true | undefined,
): void {
  const plans = loaded.map(({ plan }) => plan)
  const mistakes = mistakesIn(plans, capabilities)
  for (const each of mistakes) {
    if (json) terminal.out(findingLine('mistake', each, root))
    else terminal.error(findingText('mistake', each, root, paint(terminal.colours)))
  }
  if (mistakes.length > 0) throw mistaken(mistakes.length)
}

interface Found {
  readonly system: LoadedSystem
  readonly steps: readonly MigrationStep[]
}

async function pendingIn(
  loaded: readonly LoadedSystem[],
  placement: PlacedAt,
  words: Words,
): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const system of loaded) {
    const steps = await migrationsOf(system.plan, placement).pending()
    for (const step of steps) words.pending(system.plan.name, step)
    if (steps.length > 0) found.push({ system, steps })
  }
  return found
}

async function migrated({ plan }: LoadedSystem, placement: PlacedAt, words: Words): Promise<void> {
  await migrationsOf(plan, placement).run(progress => words.done(plan.name, progress))
}

/** How it is told. */
interface Words {
  pending(system: string, step: MigrationStep): void
  done(system: string, progress: MigrationProgress): void
  end(count: number, ran: boolean): void
}

function machineWords({ out }: Terminal): Words {
  const say = (line: object): void => out(`${JSON.stringify(line)}\n`)
  return {
    pending: (system, step) => say({ event: 'pending', system, ...step }),
    done: (system, { step, ...progress }) => say({ event: 'done', system, what: step.what, of: step.of, ...progress }),
    end: (pending, ran) => say({ event: ran ? 'migrated' : 'shown', pending }),
  }
}

function personWords(terminal: Terminal): Words {
  const ink = paint(terminal.colours)
  return {
    pending(system, { what, of }) {
      terminal.out(`${ink.bold(system)}  ${what}${of === undefined ? '' : ` (${of.toLocaleString('en')} items)`}\n`)
    },
    done(system, { step: { what, of }, done, unfit = 0 }) {
      const far = of === undefined ? '' : ` ${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
      const left = unfit > 0 ? ink.yellow(`, ${unfit} do not fit it and are left out`) : ''
      terminal.error(`${ink.green('done')} ${ink.bold(system)}  ${what}${far}${left}\n`)
    },
    end(count, ran) {
      terminal.out(count === 0 ? 'nothing is to be done\n' : ran ? ink.green('all is done\n') : 'nothing was done\n')
    },
  }
}
