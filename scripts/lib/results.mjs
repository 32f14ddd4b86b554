/** Reads what the test runner wrote, and says it in one line. */
import { existsSync, readFileSync } from 'node:fs'

/** @typedef {{ status: string, title: string, fullName: string, ancestorTitles?: string[] }} TestResult */
/** @typedef {{ name: string, status: string, assertionResults: TestResult[] }} FileResult */
/** @typedef {{ testResults: FileResult[] }} Results Vitest's JSON report */
/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string} path
 * @returns {Results | undefined} nothing when the runner ended without a report
 */
export function readResults(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

/**
 * A file that failed without a failed test (it could not be read, or a hook failed) counts as one failed test.
 * @param {Results} results
 * @returns {Counts}
 */
export function countResults({ testResults }) {
  const tests = testResults.flatMap(file => file.assertionResults)
  const passed = tests.filter(test => test.status === 'passed').length
  const failed = tests.filter(test => test.status === 'failed').length
  const broken = testResults.filter(file => file.status === 'failed' && !hasFailedTest(file)).length
  return { passed, failed: failed + broken, skipped: tests.length - passed - failed }
}

/**
 * @param {Counts} counts
 * @returns {string} such as `12 passed, 0 failed, 3 skipped`
 */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** @param {FileResult} file */
function hasFailedTest(file) {
  return file.assertionResults.some(test => test.status === 'failed')
}
