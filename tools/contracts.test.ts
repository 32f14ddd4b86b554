/** The page of promises and engines: what a run changes in it, and that it fits the suite. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { awsCapabilities } from '../drivers/aws/src/capabilities.ts'
import { postgresCapabilities } from '../drivers/postgres/src/capabilities.ts'
import { bucketPromises } from '../framework/src/contract/suite/bucket.ts'
import { clockPromises } from '../framework/src/contract/suite/clock.ts'
import { databasePromises } from '../framework/src/contract/suite/database.ts'
import { mailPromises } from '../framework/src/contract/suite/mail.ts'
import { queuePromises } from '../framework/src/contract/suite/queue.ts'
import { schedulePromises } from '../framework/src/contract/suite/schedule.ts'
import { storePromises } from '../framework/src/contract/suite/store.ts'
import { vaultPromises } from '../framework/src/contract/suite/vault.ts'
import { embeddedCapabilities } from '../framework/src/embedded/capabilities.ts'
import { memoryCapabilities } from '../framework/src/memory/drivers.ts'
import { columns, contractsPage, merged, outcomesIn, readKnown } from './contracts.mjs'
import { root } from './tree.ts'

const suites = {
  store: storePromises,
  queue: queuePromises,
  bucket: bucketPromises,
  database: databasePromises,
  vault: vaultPromises,
  mail: mailPromises,
  schedule: schedulePromises,
  clock: clockPromises,
}

describe('docs/generated/contracts.md', () => {
  const known = readKnown(root)
  const stale = 'the page is older than the suite: run `npm test -- contract`'

  test('has every promise of the suite, and no other', () => {
    for (const [kind, promises] of Object.entries(suites)) {
      expect([...(known[kind]?.promises ?? [])].sort(), `${kind}: ${stale}`).toEqual(Object.keys(promises).sort())
    }
  })

  test('shows what is known, and was not edited', () => {
    expect(readFileSync(join(root, 'docs/generated/contracts.md'), 'utf8') === contractsPage(known), stale).toBe(true)
  })

  test('knows all engines that results are of', () => {
    const named = columns.flatMap(({ engines }) => engines)
    const told = Object.values(known).flatMap(({ engines }) => Object.keys(engines))
    expect(told.filter(engine => !named.includes(engine))).toEqual([])
  })

  test('says of each engine what its capabilities say', () => {
    const capabilities = [memoryCapabilities(0), embeddedCapabilities, postgresCapabilities, awsCapabilities]
    for (const [at, { survives, databasesSurvive }] of capabilities.entries()) {
      expect(columns[at]?.survives).toBe(survives)
      if (databasesSurvive)
        expect(columns[at]?.note).toContain(`databases (SQL) no: those survive a ${databasesSurvive}`)
    }
  })
})

// ---------- what a run changes

const result = (engine: string, title: string, status: string) => ({
  ancestorTitles: [`contract: queue on ${engine}`],
  ...{ title, status, fullName: title, duration: 1 },
})
const run = (...assertionResults: ReturnType<typeof result>[]) =>
  outcomesIn({ testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults }] })

const first = run(
  result('memory', 'is kept', 'passed'),
  result('memory', 'is not — skipped: memory | forgets', 'skipped'),
  result('memory', 'has no skip without its promise', 'passed'),
  result('postgres', 'is kept', 'passed'),
  result('postgres', 'is not', 'passed'),
)

describe('a run', () => {
  test('says which promise an engine keeps, breaks, or skips and why', () => {
    const page = contractsPage(merged(first, run(result('embedded', 'is kept', 'failed'))))
    expect(page).toContain('| promise | memory | embedded | PostgreSQL |')
    expect(page).toContain('| is kept | ✓ | **broken** | ✓ |')
    expect(page).toContain('| is not | – (1) | not run | ✓ |\n\n1. memory \\| forgets')
    expect(page).toMatch(/^\| PostgreSQL \|.*\| 2 of 2 \|/m)
  })

  test('that lacked an engine, or left tests out, changes nothing of what it did not run', () => {
    const later = run(
      result('memory', 'is kept', 'failed'),
      result('memory', 'is not', 'skipped'),
      result('postgres', 'is kept', 'skipped'),
    )
    const { queue } = merged(first, later)
    expect(queue?.engines.postgres).toEqual(first.queue?.engines.postgres)
    expect(queue?.engines.memory).toEqual({ 'is kept': false, 'is not': 'memory | forgets' })
    expect(merged(first, {})).toEqual(first)
  })

  test('forgets promises that are none any more, and shows new ones as not run', () => {
    const later = run(result('memory', 'is kept', 'passed'), result('memory', 'is new', 'passed'))
    const known = merged(first, later)
    expect(known.queue?.engines.postgres).toEqual({ 'is kept': true })
    expect(contractsPage(known)).toContain('| is new | ✓ | not run |')
  })

  test('of two servers of one kind names the one that does not keep it', () => {
    const bucket = (engine: string, title: string) => ({
      ...result(engine, title, title.includes('skipped') ? 'skipped' : 'passed'),
      ancestorTitles: [`contract: bucket on ${engine}`],
    })
    const page = contractsPage(
      merged(
        {},
        run(bucket('memory', 'signs'), bucket('S3 (moto)', 'signs — skipped: no'), bucket('S3 (S3Proxy)', 'signs')),
      ),
    )
    expect(page).toContain('| signs | ✓ | ✓ (1) |\n\n1. S3 (moto): no')
  })
})
