/**
 * `npm test`: installs what is missing, then style, types, build and all tests. The last line printed is
 * `N passed, N failed` (`, N skipped`); style and types count as one test each, a build only when it fails.
 * Arguments after `--` go to the test runner, to run a part: then docs/generated/claims.md is left alone, and
 * docs/generated/contracts.md is told of the engines that were run. Where GROUNDPLAN_BESIDE names a script, it runs beside all
 * that comes before the tests, and they wait for it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeClaims } from '../tools/claims.mjs'
import { writeContracts } from '../tools/contracts.mjs'
import { compileAll, dueBuilds } from './lib/builds.mjs'
import { passes, say, staticChecks } from './lib/checks.mjs'
import { requireNode } from './lib/node.mjs'
import { prepareTools } from './lib/prepare.mjs'
import { createProgress, report } from './lib/progress.mjs'
import { countResults, readResults, summary } from './lib/results.mjs'
import { root } from './lib/root.mjs'
import { run } from './lib/run.mjs'

/** @typedef {import('./lib/results.mjs').Counts} Counts */

const filters = process.argv.slice(2)
const resultsPath = join(root, '.groundplan', 'test', 'results.json')

async function main() {
  const ready = besides()
  await prepareTools(root)
  const checked = await checksAndBuilds()
  await ready
  const counts = sum([...checked, await tests()])
  console.log(`\n${summary(counts)}`)
  if (counts.failed > 0) process.exitCode = 1
}

/** Starts what the tests need, while the rest goes on. For this run alone: tests run this script too. */
async function besides() {
  const script = process.env.GROUNDPLAN_BESIDE
  delete process.env.GROUNDPLAN_BESIDE
  if (script) await run('bash', [script], { cwd: root })
}

/** @returns {Promise<Counts[]>} */
async function checksAndBuilds() {
  const checks = staticChecks()
  const builds = dueBuilds(root)
  const progress = createProgress(checks.length + builds.length)
  const passed = await passes(root, progress, checks)
  const failures = await compileAll(root, progress, builds, { typesAreRight: !passed.includes(false) })
  for (const failure of failures) say(failure)
  return [...passed, ...failures.map(() => false)].map(oneTest)
}

/** @returns {Promise<Counts>} */
async function tests() {
  rmSync(resultsPath, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsPath}`]
  const args = ['run', '--allowOnly=false', ...reporters, ...filters]
  const ended = await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], { cwd: root })
  const results = readResults(resultsPath)
  const counts = results ? countResults(results) : { passed: 0, failed: 0, skipped: 0 }
  if (results && filters.length === 0) writeClaims(root, results)
  if (results) writeContracts(root, results)
  const failedUnseen = ended.code !== 0 && counts.failed === 0 // an error outside any test
  return failedUnseen ? { ...counts, failed: 1 } : counts
}

/**
 * @param {boolean} passed
 * @returns {Counts}
 */
function oneTest(passed) {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }
}

/**
 * @param {Counts[]} all
 * @returns {Counts}
 */
function sum(all) {
  return all.reduce((total, counts) => ({
    passed: total.passed + counts.passed,
    failed: total.failed + counts.failed,
    skipped: total.skipped + counts.skipped,
  }))
}

requireNode()
main().catch(error => {
  report(error)
  console.log(`\n${summary(oneTest(false))}`)
})
