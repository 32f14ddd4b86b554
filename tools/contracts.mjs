/**
 * Which engine keeps which promise: reads the test runner's report, writes docs/generated/contracts.json (what is known) and
 * docs/generated/contracts.md (the page). A run says something of the engines it had alone: what it did not run stays as
 * it was known. The promises are those that memory was tried on, which every machine has.
 * Neither file holds a time or a duration: the same results give the same files.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cell } from './claims.mjs'

/** @typedef {import('../scripts/lib/results.mjs').Results} Results */
/** @typedef {true | false | string} Outcome kept, broken, or why it was skipped */
/** @typedef {Record<string, Record<string, Outcome>>} ByEngine by the name of the engine, then by promise */
/** @typedef {{ promises: string[], engines: ByEngine }} Kind */
/** @typedef {Record<string, Kind>} Known by kind: `store`, `queue` … */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {readonly string[]} engines as the suites are told
 * @property {string} is
 * @property {string} survives what an acknowledged write does
 * @property {string} note
 */

/** @type {readonly Column[]} */
export const columns = [
  {
    name: 'memory',
    engines: ['memory', 'memory with an outbox', 'memory with its own queues and late indexes'],
    is: 'the testbed',
    survives: 'nothing',
    note: 'Made to be thrown away.',
  },
  {
    name: 'embedded',
    engines: ['embedded', "the system's clock", "the system's clock, unreferenced"],
    is: 'LMDB, files and PGlite, on disk',
    survives: 'power loss',
    note: 'Power loss: tables, queues, objects and the vault yes, databases (SQL) no: those survive a killed process.',
  },
  {
    name: 'PostgreSQL',
    engines: ['postgres'],
    is: 'a PostgreSQL server',
    survives: 'power loss',
    note: 'Run on the server that this machine has.',
  },
  {
    name: 'AWS',
    engines: [
      'DynamoDB (DynamoDB Local)',
      'SQS (ElasticMQ) and DynamoDB (DynamoDB Local)',
      'Secrets Manager (moto)',
      'Parameter Store (moto)',
      'SES (moto)',
    ],
    is: 'DynamoDB, SQS, Secrets Manager, Parameter Store, SES',
    survives: 'power loss',
    note: 'Stand-ins: not yet run on AWS. What survives is what AWS promises. Buckets on AWS are those of S3.',
  },
  {
    name: 'S3',
    engines: ['S3 (moto)', 'S3 (S3Proxy)'],
    is: 'any server that speaks S3',
    survives: 'as the server',
    note: 'Stand-ins: not yet run on Amazon S3. No stand-in keeps all of what S3 does.',
  },
  {
    name: 'SMTP',
    engines: ['SMTP (Exim)'],
    is: 'any mail server',
    survives: 'as the server',
    note: 'A real server, on this machine.',
  },
]

/** The kinds, in the order of the page. */
const headings = {
  store: 'Tables',
  queue: 'Queues',
  bucket: 'Buckets',
  database: 'Databases',
  vault: 'Secrets and settings',
  mail: 'Mail',
  schedule: 'Schedules',
  clock: 'Clocks',
}

/**
 * Writes both files, with what this run adds to what is known; nothing, where it ran no promise.
 * @param {string} root
 * @param {Results} results
 */
export function writeContracts(root, results) {
  const found = outcomesIn(results)
  if (Object.keys(found).length === 0) return
  const folder = join(root, 'docs', 'generated')
  const known = merged(readKnown(root), found)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'contracts.json'), `${JSON.stringify(known, null, 2)}\n`)
  writeFileSync(join(folder, 'contracts.md'), contractsPage(known))
}

/**
 * @param {string} root
 * @returns {Known}
 */
export function readKnown(root) {
  const path = join(root, 'docs', 'generated', 'contracts.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

// ---------- what a run says

/**
 * @param {Results} results
 * @returns {Known} what this run says; no promises where it had no memory
 */
export function outcomesIn({ testResults }) {
  /** @type {Known} */
  const found = {}
  for (const { ancestorTitles = [], title, status } of testResults.flatMap(file => file.assertionResults)) {
    const [, kind, engine] = ancestorTitles.map(each => /^contract: (\w+) on (.+)$/.exec(each)).find(Boolean) ?? []
    const [promise = '', reason] = title.split(' — skipped: ')
    if (!kind || !engine || promise === ofTheSuite) continue
    found[kind] ??= { promises: [], engines: {} }
    const own = found[kind]
    if (inMemory(engine) && !own.promises.includes(promise)) own.promises.push(promise)
    const outcome = outcomeOf(status, reason)
    if (outcome === undefined) continue
    own.engines[engine] ??= {}
    own.engines[engine][promise] = outcome
  }
  return found
}

const ofTheSuite = 'has no skip without its promise'

/** @param {string} engine */
function inMemory(engine) {
  return columns[0]?.engines.includes(engine) ?? false
}

/**
 * Nothing, where the run left it out.
 * @param {string} status
 * @param {string | undefined} reason
 * @returns {Outcome | undefined}
 */
function outcomeOf(status, reason) {
  if (status === 'failed') return false
  return reason ?? (status === 'passed' ? true : undefined)
}

/**
 * @param {Known} known
 * @param {Known} found by a later run
 * @returns {Known}
 */
export function merged(known, found) {
  const kinds = Object.keys(headings).filter(kind => known[kind] || found[kind])
  return Object.fromEntries(kinds.map(kind => [kind, mergedKind(known[kind] ?? nothing, found[kind] ?? nothing)]))
}

const nothing = { promises: [], engines: {} }

/**
 * What is no promise any more is forgotten.
 * @param {Kind} known
 * @param {Kind} found
 * @returns {Kind}
 */
function mergedKind(known, found) {
  const promises = found.promises.length > 0 ? found.promises : known.promises
  const names = [...new Set([...Object.keys(known.engines), ...Object.keys(found.engines)])].sort()
  const engines = names.map(name => {
    const all = { ...known.engines[name], ...found.engines[name] }
    const still = promises.filter(promise => Object.hasOwn(all, promise))
    return [name, Object.fromEntries(still.map(promise => [promise, all[promise]]))]
  })
  return { promises, engines: Object.fromEntries(engines) }
}

// ---------- the page

/**
 * @param {Known} known
 * @returns {string} in Markdown
 */
export function contractsPage(known) {
  const kinds = Object.entries(headings).flatMap(([kind, heading]) =>
    known[kind] ? [{ heading, ...known[kind] }] : [],
  )
  const rows = columns.map(({ name, is, survives, note }) => {
    const [kept, all] = countOf(kinds, name)
    return `| ${name} | ${is} | ${survives} | ${kept} of ${all} | ${note} |`
  })
  const head = [
    '# Promises and engines',
    '',
    'Written by `npm test` from the results of the contract suite; do not edit. Each line is a promise, and a test that every',
    'engine is held to. ✓: kept. –: skipped, with the reason below the table. A skip is tried all the same where that',
    'is possible, and fails the run once its promise is kept. An engine that a run lacked keeps what was known of it.',
    '',
    '| engine | is | an acknowledged write survives | keeps | |',
    '|---|---|---|---|---|',
    ...rows,
  ]
  return `${[...head, ...kinds.flatMap(section)].join('\n')}\n`
}

/**
 * @param {readonly Kind[]} kinds
 * @param {string} column
 * @returns {[kept: number, all: number]}
 */
function countOf(kinds, column) {
  const own = kinds.filter(kind => columnsOf(kind).some(({ name }) => name === column))
  const all = own.flatMap(kind => kind.promises.map(promise => stateOf(kind, columnNamed(column), promise)))
  return [all.filter(({ kept }) => kept.length > 0).length, all.length]
}

/** @param {string} wanted */
function columnNamed(wanted) {
  return /** @type {Column} */ (columns.find(({ name }) => name === wanted))
}

/**
 * Those that have engines of this kind.
 * @param {Kind} kind
 */
function columnsOf({ engines }) {
  return columns.filter(column => column.engines.some(engine => engines[engine]))
}

/**
 * @param {Kind & { heading: string }} kind
 * @returns {string[]}
 */
function section({ heading, ...kind }) {
  const shown = columnsOf(kind)
  /** @type {string[]} */
  const notes = []
  const rows = kind.promises.map(promise => {
    const cells = shown.map(column => cellOf(stateOf(kind, column, promise), notes))
    return `| ${cell(promise)} | ${cells.join(' | ')} |`
  })
  const head = [
    `| promise | ${shown.map(({ name }) => name).join(' | ')} |`,
    `|---|${shown.map(() => '---|').join('')}`,
  ]
  const reasons = notes.map((note, at) => `${at + 1}. ${note}`)
  return ['', `## ${heading}`, '', ...head, ...rows, ...(reasons.length > 0 ? ['', ...reasons] : [])]
}

/**
 * @typedef {object} State
 * @property {readonly string[]} kept by which engines of the column
 * @property {readonly string[]} broken
 * @property {readonly [engine: string, reason: string][]} skipped
 * @property {readonly string[]} all
 */

/**
 * @param {Kind} kind
 * @param {Column} column
 * @param {string} promise
 * @returns {State}
 */
function stateOf(kind, column, promise) {
  const all = column.engines.filter(engine => kind.engines[engine])
  const of = all.map(engine => /** @type {const} */ ([engine, kind.engines[engine]?.[promise]]))
  return {
    all,
    kept: of.flatMap(([engine, outcome]) => (outcome === true ? [engine] : [])),
    broken: of.flatMap(([engine, outcome]) => (outcome === false ? [engine] : [])),
    skipped: of.flatMap(([engine, outcome]) => (typeof outcome === 'string' ? [[engine, outcome]] : [])),
  }
}

/**
 * @param {State} state
 * @param {string[]} notes the reasons so far
 */
function cellOf({ all, kept, broken, skipped }, notes) {
  if (broken.length > 0) return '**broken**'
  if (skipped.length === 0) return kept.length > 0 ? '✓' : 'not run'
  const said = skipped.map(([engine, reason]) => (all.length > 1 ? `${engine}: ${reason}` : reason)).join('; ')
  const note = cell(said)
  if (!notes.includes(note)) notes.push(note)
  return `${kept.length > 0 ? '✓' : '–'} (${notes.indexOf(note) + 1})`
}
