/**
 * Which claims of the five systems are shown to hold: reads claims.json and the test runner's report, writes
 * docs/generated/claims.md. A claim is shown by passing tests whose titles carry its id as a word (`C14`).
 * The page holds no time and no duration: the same results give the same page.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'

/**
 * @typedef {object} Claim
 * @property {string} id such as `C14`
 * @property {string} system
 * @property {'must' | 'more'} need
 * @property {string} text
 * @property {string} [alsoMeans] what else people call by this id: then the test's title or path must name the system too
 */
/** @typedef {import('../scripts/lib/results.mjs').Results} Results */
/** @typedef {{ path: string, title: string, status: string }} Test */
/** @typedef {{ claim: Claim, tests: Test[], state: 'shown' | 'failing' | 'open' }} Shown */

/** @returns {Claim[]} */
export function readClaims() {
  return JSON.parse(readFileSync(new URL('./claims.json', import.meta.url), 'utf8'))
}

/**
 * Writes docs/generated/claims.md.
 * @param {string} root
 * @param {Results} results
 */
export function writeClaims(root, results) {
  const path = join(root, 'docs', 'generated', 'claims.md')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, claimsPage(showClaims(readClaims(), testsOf(root, results))))
}

/**
 * @param {string} root
 * @param {Results} results
 * @returns {Test[]} sorted by path and title, each once
 */
export function testsOf(root, { testResults }) {
  const tests = testResults.flatMap(file =>
    file.assertionResults.map(({ fullName, status }) => ({ path: within(root, file.name), title: fullName, status })),
  )
  const byName = new Map(tests.map(test => [`${test.path}\n${test.title}\n${test.status}`, test]))
  return [...byName.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, test]) => test)
}

/**
 * @param {readonly Claim[]} claims
 * @param {readonly Test[]} tests
 * @returns {Shown[]}
 */
export function showClaims(claims, tests) {
  return claims.map(claim => {
    const carrying = tests.filter(test => carries(test, claim))
    const passing = carrying.filter(test => test.status === 'passed')
    const failing = carrying.some(test => test.status === 'failed')
    return { claim, tests: passing, state: failing ? 'failing' : passing.length > 0 ? 'shown' : 'open' }
  })
}

/**
 * @param {readonly Shown[]} all
 * @returns {string} the page, in Markdown
 */
export function claimsPage(all) {
  const systems = [...new Set(all.map(({ claim }) => claim.system))]
  const shown = all.filter(({ state }) => state === 'shown').length
  const head = [
    '# Claims',
    '',
    'Written by `npm test` from the tests that passed; do not edit. A claim is shown when passing tests carry its id in',
    'their titles, and open otherwise. **Must**: the description of the system says it exists. **More**: it wishes for it, or a',
    'user would expect it today.',
    '',
    `${shown} of ${all.length} claims are shown.`,
  ]
  return `${[...head, ...systems.flatMap(system => section(system, all))].join('\n')}\n`
}

/**
 * @param {string} system
 * @param {readonly Shown[]} all
 */
function section(system, all) {
  const own = all.filter(({ claim }) => claim.system === system)
  const shown = own.filter(({ state }) => state === 'shown').length
  const rows = own.map(row)
  return [
    '',
    `## ${system}: ${shown} of ${own.length}`,
    '',
    '| id | claim | | shown by |',
    '|---|---|---|---|',
    ...rows,
  ]
}

/** @param {Shown} shown */
function row({ claim, tests, state }) {
  const proof =
    state === 'shown' ? tests.map(({ path, title }) => `${cell(title)} (\`${path}\`)`).join('<br>') : `**${state}**`
  return `| ${claim.id} | ${cell(claim.text)} | ${claim.need === 'must' ? 'Must' : 'More'} | ${proof} |`
}

/**
 * @param {Test} test
 * @param {Claim} claim
 */
function carries({ path, title }, { id, system, alsoMeans }) {
  if (!hasWord(title, id)) return false
  return alsoMeans === undefined || path.includes(system) || hasWord(title, system)
}

/**
 * @param {string} text
 * @param {string} word letters and digits only
 */
function hasWord(text, word) {
  return new RegExp(`(?<![A-Za-z0-9])${word}(?![A-Za-z0-9])`).test(text)
}

/**
 * @param {string} root
 * @param {string} path
 */
function within(root, path) {
  return (isAbsolute(path) ? relative(root, path) : path).split(sep).join('/')
}

/**
 * Text as it stands in a table.
 * @param {string} text
 */
export function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}
