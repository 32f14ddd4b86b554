/**
 * `groundplan version`: which Groundplan and which Node these are.
 */
import { readFile } from 'node:fs/promises'
import { command } from './command.ts'
import { exitCodes } from './errors.ts'

export const version = command({
  name: 'version',
  summary: 'Says which version this is',
  flags: { json: { type: 'boolean', help: 'one line of JSON' } },
  examples: [['groundplan version', 'such as: groundplan 0.1.0, Node 20.19.0']],
  async run({ json }, _names, terminal) {
    const groundplan = await ownVersion()
    const { node } = process.versions
    terminal.out(`${json ? JSON.stringify({ groundplan, node }) : `groundplan ${groundplan}, Node ${node}`}\n`)
    return exitCodes.done
  },
})

/** The version of this package, from its manifest. */
export async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const found =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined
  return String(found)
}
