/**
 * `groundplan draw`: the architecture of a system as a picture, from its plan alone.
 */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Graph, graphOf } from '../plan/graph.ts'
import { command } from './command.ts'
import { mermaid } from './drawing/mermaid.ts'
import { svg } from './drawing/svg.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { nearest } from './nearest.ts'

const formats: Readonly<Record<string, (graph: Graph) => string>> = { mermaid, svg }

export const draw = command({
  name: 'draw',
  summary: 'Draws the architecture of a system',
  takes: '[system]',
  about: 'The system is needed where the config has several. The same plan gives the same text.',
  flags: {
    format: { type: 'string', value: '<format>', help: 'mermaid (a flowchart for Markdown; the default) or svg' },
    output: { type: 'string', value: '<file>', help: 'writes it there and not to standard output' },
  },
  examples: [
    ['groundplan draw counter', 'as Mermaid, to standard output'],
    ['groundplan draw counter --format svg --output counter.svg', 'as a picture, light and dark'],
  ],
  async run({ format = 'mermaid', output }, named, terminal) {
    const drawing = drawingAs(format)
    const project = await loadProject(terminal.folder)
    const name = theOneMeant(named, Object.keys(project.config.systems))
    const [system] = await loadSystems(project, namesMeant(project, [name], []))
    const text = system ? drawing(graphOf(system.plan)) : ''
    if (output === undefined) terminal.out(text)
    else await writeFile(resolve(terminal.folder, output), text)
    return exitCodes.done
  },
})

function drawingAs(format: string): (graph: Graph) => string {
  const drawing = Object.hasOwn(formats, format) ? formats[format] : undefined
  if (drawing) return drawing
  const names = Object.keys(formats)
  const meant = nearest(format, names)
  throw wrongUsage(
    `There is no format "${format}"`,
    meant === undefined ? `--format ${names.join(' | ')}` : `did you mean --format ${meant}?`,
  )
}

function theOneMeant(named: readonly string[], systems: readonly string[]): string {
  const [name, ...more] = named.length > 0 ? named : systems
  if (name !== undefined && more.length === 0) return name
  const message = named.length > 0 ? '"draw" takes one system' : 'Which system?'
  throw wrongUsage(message, `groundplan draw ${systems.join(' | ')}`)
}
