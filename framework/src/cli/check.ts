/**
 * `groundplan check`: everything that is wrong with plans, before anything starts.
 */
import { mistakesIn } from '../contract/plan-check.ts'
import { notesOn } from '../plan/check.ts'
import type { Mistake, Note } from '../plan/mistake.ts'
import type { Plan } from '../plan/plan.ts'
import { command } from './command.ts'
import { exitCodes } from './errors.ts'
import { findingLine, findingText } from './findings.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { paint, type Terminal } from './terminal.ts'

export const check = command({
  name: 'check',
  summary: 'Says what is wrong with plans, without starting them',
  takes: '[system…]',
  about: 'Checks all systems of groundplan.config.ts, or those named. Mistakes fail it; notes do not.',
  flags: { json: { type: 'boolean', help: 'one line of JSON for each mistake and note, and one at the end' } },
  examples: [
    ['groundplan check', 'all systems'],
    ['groundplan check counter --json', 'one, for a machine'],
  ],
  async run({ json }, named, terminal) {
    const project = await loadProject(terminal.folder)
    const names = namesMeant(project, named, Object.keys(project.config.systems))
    const plans = (await loadSystems(project, names)).map(({ plan }) => plan)
    const report = { mistakes: mistakesIn(plans), notes: plans.flatMap(notesOn) }
    if (json) tellMachine(report, plans, project.root, terminal)
    else tellPerson(report, plans, project.root, terminal)
    return report.mistakes.length > 0 ? exitCodes.failed : exitCodes.done
  },
})

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
