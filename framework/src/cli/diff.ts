/**
 * `groundplan diff`: what a deployment would change, in words, with what becomes wider and what would be lost first.
 */
import type { TargetChanges } from '../contract/target.ts'
import { command } from './command.ts'
import { environmentFlag, filesIn, type Shipment, shipments } from './shipping.ts'
import { paint, type Terminal } from './terminal.ts'

/** For pipelines: the worst of what was found. */
const exits = { harmless: 0, widens: 3, loses: 4 } as const

export const diff = command({
  name: 'diff',
  summary: 'Says what a deployment would change: permissions, network paths and data first',
  takes: '[system…]',
  about:
    'Compares what the plan and the config say now with the files that `groundplan synth` wrote before.\n' +
    'Exit code 3: permissions or network paths become wider. 4: data would be lost. 0: neither.',
  flags: {
    env: environmentFlag,
    against: { type: 'string', value: '<folder>', help: 'files to compare with: <folder>/<system>/<environment>' },
    json: { type: 'boolean', help: 'one line of JSON for each system and environment' },
  },
  examples: [
    ['groundplan diff --env production', 'before a plan goes out'],
    ['groundplan diff storefront --against last-release', 'against files kept elsewhere'],
  ],
  async run({ env, against, json }, named, terminal) {
    let worst: number = exits.harmless
    for (const shipment of await shipments(terminal, named, env, against)) {
      const { system, environment, target, files } = shipment
      const found = await target.compare(filesIn(shipment.folder, files), files)
      terminal.out(
        json ? `${JSON.stringify({ system, environment, ...found })}\n` : changesText(shipment, found, terminal),
      )
      worst = Math.max(worst, exitOf(found))
    }
    return worst
  },
})

function exitOf({ widens, loses }: TargetChanges): number {
  if (loses.length > 0) return exits.loses
  return widens.length > 0 ? exits.widens : exits.harmless
}

const signs = { makes: '+', changes: '~', replaces: '±', removes: '-' } as const

/** What would change, in words. */
export function changesText(
  { system, environment }: Pick<Shipment, 'system' | 'environment'>,
  { changes, widens, loses }: TargetChanges,
  { colours }: Pick<Terminal, 'colours'>,
): string {
  const ink = paint(colours)
  if (changes.length === 0) return `${ink.bold(`${system}, ${environment}`)}: nothing changes\n`
  const lines = [
    ink.bold(`${system}, ${environment}`),
    ...section(ink.red('Data would be lost'), loses, '!'),
    ...section(ink.yellow('Becomes wider'), widens, '!'),
    ...changes.flatMap(({ does, what, how }) => [
      `  ${signs[does]} ${does} ${what}`,
      ...how.map(each => ink.dim(`      ${each}`)),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function section(title: string, sentences: readonly string[], sign: string): readonly string[] {
  return sentences.length === 0 ? [] : [`  ${title}`, ...sentences.map(sentence => `  ${sign} ${sentence}`)]
}
