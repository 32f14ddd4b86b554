/**
 * `groundplan check`: everything that is wrong with plans, before anything starts; with `--data` also what is kept and
 * fits no schema of theirs.
 */
import { existsSync } from 'node:fs'
import type { DataCheck } from '../contract/operator.ts'
import { mistakesIn } from '../contract/plan-check.ts'
import { notesOn } from '../plan/check.ts'
import type { Mistake, Note } from '../plan/mistake.ts'
import type { Plan } from '../plan/plan.ts'
import { atHand } from './at-hand.ts'
import { command } from './command.ts'
import { envFlag, placementIn } from './environments.ts'
import { exitCodes } from './errors.ts'
import { findingLine, findingText } from './findings.ts'
import { loadProject, loadSystems, namesMeant, type Project } from './load.ts'
import { dataFlag, placesOf, systemFolder } from './places.ts'
import { oneLine } from './printable.ts'
import { paint, type Terminal } from './terminal.ts'

export const check = command({
  name: 'check',
  summary: 'Says what is wrong with plans, without starting them',
  takes: '[system…]',
  about:
    'Checks all systems of groundplan.config.ts, or those named. Mistakes fail it, and with --data items that fit no\n' +
    'version of their schema; notes do not. A system that runs is asked; one that does not is opened meanwhile.',
  flags: {
    json: { type: 'boolean', help: 'one line of JSON for each mistake and note, and one at the end' },
    data: { type: 'boolean', help: 'reads all that is kept, and counts what does not fit' },
    folder: { ...dataFlag, help: 'where it is kept (.groundplan beside the config)' },
    env: envFlag,
  },
  examples: [
    ['groundplan check', 'all systems'],
    ['groundplan check counter --json', 'one, for a machine'],
    ['groundplan check storefront --data', 'before a plan with other schemas goes out'],
    ['groundplan check storefront --data --env production', 'of what an environment keeps'],
  ],
  async run({ json, data, folder, env }, named, terminal) {
    const project = await loadProject(terminal.folder)
    const names = namesMeant(project, named, Object.keys(project.config.systems))
    const plans = (await loadSystems(project, names)).map(({ plan }) => plan)
    const report = { mistakes: mistakesIn(plans), notes: plans.flatMap(notesOn) }
    if (json) tellMachine(report, plans, project.root, terminal)
    else tellPerson(report, plans, project.root, terminal)
    if (report.mistakes.length > 0) return exitCodes.failed
    const unfit = data ? await checkData({ project, names, folder, env, json }, terminal) : 0
    return unfit > 0 ? exitCodes.failed : exitCodes.done
  },
})

interface DataOptions {
  readonly project: Project
  readonly names: readonly string[]
  readonly folder: string | undefined
  readonly env: string | undefined
  readonly json: true | undefined
}

/** Gives how many items do not fit. */
async function checkData({ project, names, folder, env, json }: DataOptions, terminal: Terminal): Promise<number> {
  const placement = await placementIn(project, env, terminal)
  const { data } = placesOf(project.root, terminal, folder, placement?.name)
  let unfit = 0
  for (const system of names) {
    // Nothing was kept yet: there is nothing to be opened, and nothing is made by looking.
    if (!placement && !existsSync(systemFolder(data, system))) continue
    await using at = await atHand(project, system, terminal, { data: folder, env })
    for await (const found of at.operator.checkData({})) {
      unfit += found.unfit
      terminal.out(json ? dataLine(system, found) : dataText(system, found, terminal))
    }
  }
  return unfit
}

function dataLine(system: string, found: DataCheck): string {
  return `${JSON.stringify({ level: found.unfit > 0 ? 'error' : 'info', event: 'data', system, ...found })}\n`
}

function dataText(system: string, { table, items, unfit, examples }: DataCheck, { colours }: Terminal): string {
  const ink = paint(colours)
  const how = unfit === 0 ? ink.green('all fit') : ink.red(`${unfit} do not fit`)
  const lines = examples.map(({ key, issues }) => `  ${oneLine(JSON.stringify(key))}  ${oneLine(issues)}`)
  return [`${system}/${table}: ${counted(items, 'item')}, ${how}`, ...lines].map(line => `${line}\n`).join('')
}

interface Report {
  readonly mistakes: readonly Mistake[]
  readonly notes: readonly Note[]
}

function tellMachine({ mistakes, notes }: Report, plans: readonly Plan[], root: string, terminal: Terminal): void {
  for (const mistake of mistakes) terminal.out(findingLine('mistake', mistake, root))
  for (const note of notes) terminal.out(findingLine('note', note, root))
  const counts = { plans: plans.map(({ name }) => name), mistakes: mistakes.length, notes: notes.length }
  terminal.out(`${JSON.stringify({ event: 'checked', ...counts })}\n`)
}

function tellPerson({ mistakes, notes }: Report, plans: readonly Plan[], root: string, terminal: Terminal): void {
  const ink = paint(terminal.colours)
  for (const mistake of mistakes) terminal.out(findingText('mistake', mistake, root, ink))
  for (const note of notes) terminal.out(findingText('note', note, root, ink))
  const names = plans.map(({ name }) => name).join(', ')
  const end = mistakes.length === 0 ? ink.green('no mistakes') : ink.red(counted(mistakes.length, 'mistake'))
  terminal.out(`${names}: ${end}${notes.length > 0 ? `, ${counted(notes.length, 'note')}` : ''}\n`)
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
