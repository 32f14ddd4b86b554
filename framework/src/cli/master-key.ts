/**
 * The master key from outside: on a server, a file that is handed to the process (a secret of its container, a credential
 * of its service) holds it, and `GROUNDPLAN_MASTER_KEY_FILE` says where. A key is never an argument and never a variable
 * itself: those are seen by others.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Environment } from './environment.ts'
import { exitCodes, Failure } from './errors.ts'

const variable = 'GROUNDPLAN_MASTER_KEY_FILE'

/**
 * The key; undefined where no file is named: then each system has one of its own, beside its data.
 * @param root where a relative path is from
 * Throws a failure for a file that cannot be read or holds no key: nothing is opened with another one.
 */
export async function masterKeyIn(root: string, environment: Environment): Promise<Uint8Array | undefined> {
  const named = environment[variable]
  if (named === undefined || named === '') return undefined
  const path = resolve(root, named)
  const text = await readFile(path, 'utf8').catch(error => {
    throw new Failure(`${variable} names ${path}, which cannot be read`, wayOut, exitCodes.failed, error)
  })
  if (/^[0-9a-f]{64}$/.test(text.trim())) return Buffer.from(text.trim(), 'hex')
  throw new Failure(`${variable} names ${path}, which holds no master key`, wayOut)
}

const wayOut =
  'put the key there that sealed the data: 64 digits from 0 to f\n' +
  'for new data, make one and keep a copy elsewhere: openssl rand -hex 32'
