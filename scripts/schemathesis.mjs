/**
 * Installs Schemathesis, which tries a gateway's document against the gateway, into a folder of this repository. Needs
 * Python 3 with `venv`. What is installed is used as it is.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './lib/run.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, '.groundplan', 'python')
const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
const version = '4.32.5'

/** @param {string} program @param {string[]} args */
async function step(program, args) {
  const { code, output } = await run(program, args, { cwd: root, capture: true })
  if (code === 0) return
  console.error(`Schemathesis was not installed: ${output}`)
  process.exit(1)
}

if (!existsSync(join(bin, 'schemathesis'))) {
  await step('python3', ['-m', 'venv', folder])
  await step(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', `schemathesis==${version}`])
}
console.log(join(bin, 'schemathesis'))
