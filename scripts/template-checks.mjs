/**
 * `node scripts/template-checks.mjs`: installs what tests of the AWS target need besides: from PyPI cfn-lint and checkov,
 * which hold templates to rules of others, check-jsonschema and zizmor, which do that to pipelines; and OpenNext from npm, which builds web fronts for functions. They lie in
 * .groundplan/template-checks and .groundplan/open-next, which may be removed at any time. Tests that need them say so and
 * are skipped where they are not there. Where Python is missing the first four are left out, and the exit code is 0.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './lib/node.mjs'
import { report, StepFailed } from './lib/progress.mjs'
import { root } from './lib/root.mjs'

const packages = ['cfn-lint==1.58.0', 'checkov==3.3.30', 'check-jsonschema==0.39.0', 'zizmor==1.32.0']
const programs = packages.map(each => each.split('==')[0] ?? '')

const openNext = '@opennextjs/aws@4.1.12'

async function main() {
  forTemplates()
  forSites()
}

/** Without what it would install besides: it takes the Next of the front. */
function forSites() {
  const folder = join(root, '.groundplan', 'open-next')
  if (existsSync(join(folder, 'node_modules', '@opennextjs', 'aws'))) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const quiet = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', ['install', '--prefix', folder, ...quiet, openNext])
}

function forTemplates() {
  const folder = join(root, '.groundplan', 'template-checks')
  if (programs.every(name => existsSync(join(folder, 'bin', name)))) {
    console.error('They are there already.')
    return
  }
  if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).error) {
    console.error(`Left out: ${programs.join(', ')} need python3.`)
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
