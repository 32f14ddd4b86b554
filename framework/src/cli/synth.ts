/**
 * `groundplan synth`: what a target needs to run systems, as files to read, keep and deploy.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from './command.ts'
import { exitCodes } from './errors.ts'
import { environmentFlag, filesIn, pipelines, type Shipment, shipments } from './shipping.ts'
import { paint, type Terminal } from './terminal.ts'

export const synth = command({
  name: 'synth',
  summary: 'Writes what a target needs to run systems: templates, from the plan and the config',
  takes: '[system…]',
  about:
    'The files lie beside the plan, in a folder of the target and the environment, such as aws/production: commit them.\n' +
    "Without --env the config's pipeline is written, too, in aws/pipeline.\n" +
    'The same plan and the same config give the same text on any machine; nothing is asked of anybody.',
  flags: {
    env: environmentFlag,
    output: { type: 'string', value: '<folder>', help: 'writes to <folder>/<system>/<environment> instead' },
    check: { type: 'boolean', help: 'writes nothing, and fails where files are not what the plan says' },
    json: { type: 'boolean', help: 'one line of JSON for each file' },
  },
  examples: [
    ['groundplan synth', 'the systems that the config starts, for all environments with a target'],
    ['groundplan synth counter --env production', 'one system for one environment'],
    ['groundplan synth --check', 'for a pipeline: what is committed is what would be written'],
  ],
  async run({ env, output, check = false, json }, named, terminal) {
    const shipped = [
      ...(await shipments(terminal, named, env, output)),
      // It goes through several environments: it is written with all of them.
      ...(env === undefined ? await pipelines(terminal, named, output) : []),
    ]
    const written = shipped.flatMap(shipment => outcomes(shipment, check))
    for (const outcome of written) terminal.out(json ? `${JSON.stringify(outcome)}\n` : line(outcome, terminal))
    const changed = written.filter(({ state }) => state !== 'same')
    if (!check || changed.length === 0) return exitCodes.done
    terminal.error(`${changed.length} of ${written.length} files are not what the plan says: groundplan synth\n`)
    return exitCodes.failed
  },
})

interface Outcome {
  readonly system: string
  readonly environment: string
  readonly file: string
  /** Against what lay there. */
  readonly state: 'new' | 'changed' | 'same' | 'gone'
}

function outcomes({ system, environment, folder, shown, files }: Shipment, checkOnly: boolean): readonly Outcome[] {
  const before = filesIn(folder, files)
  const names = [...new Set([...Object.keys(before), ...Object.keys(files)])].sort()
  return names.map(name => {
    const state = stateOf(before[name], files[name])
    if (!checkOnly && state !== 'same') put(folder, name, files[name])
    return { system, environment, file: join(shown, name), state }
  })
}

function stateOf(before: string | undefined, after: string | undefined): Outcome['state'] {
  if (after === undefined) return 'gone'
  if (before === undefined) return 'new'
  return before === after ? 'same' : 'changed'
}

function put(folder: string, name: string, text: string | undefined): void {
  if (text === undefined) {
    rmSync(join(folder, name))
    return
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), text)
}

function line({ file, state }: Outcome, { colours }: Terminal): string {
  const ink = paint(colours)
  return state === 'same' ? ink.dim(`same     ${file}\n`) : `${ink.bold(state.padEnd(8))} ${file}\n`
}
