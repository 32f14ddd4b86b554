/**
 * Where things are: below the data folder (`.groundplan`, or what `--data` names) the data of each system and its
 * telemetry. What is built stays in `.groundplan` beside the config, whatever `--data` says.
 */
import { join, resolve } from 'node:path'
import type { Terminal } from './terminal.ts'

export interface Places {
  /** What `--data` names. */
  readonly folder: string
  /** Each system's data is in a folder of its own in it. */
  readonly data: string
  /** Each system's telemetry is in a folder of its own in it. */
  readonly telemetry: string
}

/** The flag that names the data folder, for every command that needs it. */
export const dataFlag = {
  type: 'string',
  value: '<folder>',
  help: 'where everything is kept (.groundplan beside the config)',
} as const

/**
 * @param given what `--data` says: from the folder the command was given in
 * @param env the environment: what this machine keeps for one is apart from what it keeps for itself
 */
export function placesOf(
  root: string,
  { folder: from }: Pick<Terminal, 'folder'>,
  given?: string,
  env?: string,
): Places {
  const folder = given === undefined ? join(root, '.groundplan') : resolve(from, given)
  const data = join(folder, env === undefined ? 'data' : `data-${env}`)
  return { folder, data, telemetry: join(folder, 'telemetry') }
}

export function systemFolder(data: string, system: string): string {
  return join(data, system)
}
