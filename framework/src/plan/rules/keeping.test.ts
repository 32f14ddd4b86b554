import { expect, test } from 'vitest'
import { z } from 'zod'
import { bucket } from '../bucket.ts'
import { check } from '../check.ts'
import { database } from '../database.ts'
import type { Uses } from '../grant.ts'
import { plan } from '../plan.ts'
import { retention } from '../retention.ts'
import { schedule } from '../schedule.ts'
import { service } from '../service.ts'
import { table } from '../table.ts'
import { marksIn } from '../test/marks.ts'
import { view } from '../view.ts'

const { at, lines } = marksIn(import.meta.url)
const Thing = z.object({ id: z.string(), of: z.string(), at: z.iso.datetime(), n: z.int() })
const same = (item: z.output<typeof Thing>) => item

function using(uses: Uses) {
  const run = schedule({ every: '1 hour' }, { uses, handle: () => {} })
  return plan('shop', { services: [service('work', { run })] })
}

test('an index gives an order that nothing else gives', () => {
  // at: useless
  const things = table('things', {
    item: Thing,
    key: ['of', 'id'],
    indexes: { owner: ['of', 'id'], time: ['of', 'at'], again: ['of', 'at'], other: ['at', 'of'] },
  })
  expect(lines(check(using({ things: things.reader })))).toEqual([
    `${at('useless')}  The table "things" has the index "owner" with the attributes of its key — remove the index`,
    `${at('useless')}  The table "things" has the index "again" with the attributes of its index "time" — remove the index`,
  ])
})

test('a key or index names an attribute once', () => {
  // at: repeated
  const things = table('things', { item: Thing, key: ['id', 'id'], indexes: { time: ['at', 'at'] } })
  expect(lines(check(using({ things: things.reader })))).toEqual([
    `${at('repeated')}  The table "things" has the attribute "id" twice in its key — name it once`,
    `${at('repeated')}  The table "things" has the attribute "at" twice in its index "time" — name it once`,
  ])
})

test('the expiry and the version are no part of the key, since they change', () => {
  // at: changing
  const things = table('things', { item: Thing, key: ['n', 'at'], expires: 'at', version: 'n' })
  expect(lines(check(using({ things: things.reader })))).toEqual([
    `${at('changing')}  The table "things" has "at" as \`expires\` and in its key, which never changes — name another attribute as \`expires\``,
    `${at('changing')}  The table "things" has "n" as \`version\` and in its key, which never changes — name another attribute as \`version\``,
  ])
})

test('a view that is used is kept by a service', () => {
  const things = table('things', { item: Thing, key: ['id'] })
  // at: list
  const list = view('list', { from: things, item: Thing, key: ['of', 'id'], project: same })
  expect(lines(check(using({ list: list.reader })))).toEqual([
    `${at('list')}  The view "list" is used, and no service keeps it up to date — list it in a service`,
  ])
})

test('views that follow each other in a circle are named', () => {
  const things = table('things', { item: Thing, key: ['id'] })
  // at: first
  const first = view('first', { from: things, item: Thing, key: ['id'], project: same })
  // at: second
  const second = view('second', { from: first, item: Thing, key: ['id'], project: same })
  // The words alone cannot write a circle.
  Object.assign(first, { from: second })
  expect(lines(check(plan('shop', { services: [service('work', { first, second })] })))).toEqual([
    `${at('first')}  Views follow each other in a circle: first → second → first (also ${at('second')}) — let one of them follow a table`,
  ])
})

test('migrations have names of their own, in their order', () => {
  const step = (name: string) => ({ name, up: 'select 1' })
  // at: ledger
  const ledger = database('ledger', { rows: { things: Thing }, migrations: ['002-b', '001-a', '002-b'].map(step) })
  expect(lines(check(using({ ledger: ledger.reader })))).toEqual([
    `${at('ledger')}  The database "ledger" has 2 migrations named "002-b" — number them on`,
    `${at('ledger')}  The database "ledger" lists the migration "001-a" after one that sorts behind it — list them in the order of their names, such as 001-accounts`,
  ])
})

test('the lifecycle of a bucket goes by whole days, and cold comes before gone', () => {
  // at: never
  const never = bucket('never', { expireAfter: '30 days', coldAfter: '90 days' })
  // at: half
  const half = bucket('half', { expireAfter: '1.5 days', coldAfter: '0 days' })
  expect(lines(check(using({ never: never.reader, half: half.reader })))).toEqual([
    `${at('never')}  The bucket "never" moves objects to cold storage after 90 days and removes them after 30 — make \`coldAfter\` the shorter one, or leave it out`,
    `${at('half')}  The bucket "half" has \`expireAfter\` of 1.5 days — give whole days, from 1 on`,
    `${at('half')}  The bucket "half" has \`coldAfter\` of 0 days — give whole days, from 1 on`,
  ])
})

test('a retention of items with lists or objects in them needs to see every change of theirs', () => {
  const Noted = Thing.extend({ tags: z.array(z.string()).optional() })
  const archive = bucket('archive')
  const options = { by: 'at', after: '1 day', archive, when: { every: '1 day' } } as const
  // at: notes
  const notes = table('notes', { item: Noted, key: ['id'] })
  // at: blind
  const blind = retention(notes, options)
  const versioned = table('versioned', { item: Noted.extend({ rev: z.int() }), key: ['id'], version: 'rev' })
  const seeing = retention(versioned, options)
  expect(lines(check(plan('shop', { services: [service('work', { blind, seeing })] })))).toEqual([
    `${at('blind')}  The retention "blind" of the service "work" cannot know whether an item of "notes" changed inside a list or object while it was archived (also ${at('notes')}) — give the table a version: \`version: 'revision'\``,
  ])
})

test('a retention removes what is old, not what is new', () => {
  const things = table('things', { item: Thing, key: ['id'] })
  // at: cleaning
  const cleaning = retention(things, {
    by: 'at',
    after: '0 days',
    archive: bucket('archive'),
    when: { every: '1 day' },
  })
  expect(lines(check(plan('shop', { services: [service('work', { cleaning })] })))).toEqual([
    `${at('cleaning')}  The retention "cleaning" of the service "work" removes items of any age — write for example \`after: '365 days'\``,
  ])
})
