/**
 * `node scripts/template-checks.mjs`: installs what holds templates for AWS to rules of others: cfn-lint and checkov, from
 * PyPI, into .groundplan/template-checks, which may be removed at any time. Tests that need them say so and are skipped
 * where they are not there. Where Python is missing nothing is done, and the exit code is 0.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './lib/node.mjs'
import { report, StepFailed } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

const packages = ['cfn-lint==1.58.0', 'checkov==3.3.30']

async function main() {
  const folder = join(root, '.groundplan', 'template-checks')
  if (['cfn-lint', 'checkov'].every(name => existsSync(join(folder, 'bin', name)))) {
    console.error('They are there already.')
    return
  }
  if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).error) {
    console.error('Left out: cfn-lint and checkov need python3.')
    return
  }
  rmSync(folder, { recursive: true, force: true })
  run('python3', ['-m', 'venv', folder])
  run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages])
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) throw new StepFailed(`${command} ended with ${status}`, 1)
}

requireNode()
main().catch(report)
