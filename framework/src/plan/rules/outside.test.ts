import { expect, test } from 'vitest'
import { z } from 'zod'
import { alarm, errorShare, items } from '../alarm.ts'
import { check } from '../check.ts'
import { connection } from '../connection.ts'
import { mailbox } from '../mailbox.ts'
import { type Plan, plan } from '../plan.ts'
import { reaction } from '../reaction.ts'
import { schedule } from '../schedule.ts'
import { secret, setting } from '../secret.ts'
import { service } from '../service.ts'
import { table } from '../table.ts'
import { marksIn } from '../test/marks.ts'

const { at, lines } = marksIn(import.meta.url)
const things = table('things', { item: z.object({ id: z.string() }), key: ['id'] })
const run = schedule({ every: '1 hour' }, { uses: { things: things.writer }, handle: () => {} })
const work = service('work', { run })
const people = mailbox('people', { from: 'shop@example.org', to: 'people@example.org' })

function withAlarms(...alarms: Plan['alarms']) {
  return plan('shop', { services: [work], alarms })
}

test('an alarm measures what the plan has', () => {
  const elsewhere = table('elsewhere', { item: z.object({ id: z.string() }), key: ['id'] })
  // at: strange
  const strange = alarm('strange', { when: items(elsewhere).above(5), tell: people })
  const fine = alarm('fine', { when: errorShare(work).above(0.1), tell: people })
  expect(lines(check(withAlarms(strange, fine)))).toEqual([
    `${at('strange')}  The alarm "strange" measures the table "elsewhere", which the plan does not have — measure what a handler of this plan uses, or remove the alarm`,
  ])
})

test('an alarm tells somebody or triggers something', () => {
  // at: idle
  const idle = alarm('idle', { when: items(things).above(5) })
  const busy = alarm('busy', { when: items(things).above(5) })
  const react = service('react', { cleanUp: reaction(busy, { handle: () => {} }) })
  expect(lines(check(plan('shop', { services: [work, react], alarms: [idle, busy] })))).toEqual([
    `${at('idle')}  The alarm "idle" tells nobody and triggers nothing — give it \`tell\`, or a reaction in a service`,
  ])
})

test('an alarm tells a mailbox that names a recipient', () => {
  // at: nobody
  const nobody = mailbox('nobody', { from: 'shop@example.org' })
  // at: telling
  const telling = alarm('telling', { when: items(things).above(5), tell: nobody })
  expect(lines(check(withAlarms(telling)))).toEqual([
    `${at('telling')}  The alarm "telling" tells the mailbox "nobody", which names no recipient (also ${at('nobody')}) — give the mailbox \`to\``,
  ])
})

test('the limit of an alarm can be passed', () => {
  // at: never
  const never = alarm('never', { when: errorShare(work).above(1), tell: people })
  // at: always
  const always = alarm('always', { when: items(things).above(-1), tell: people })
  expect(lines(check(withAlarms(never, always)))).toEqual([
    `${at('never')}  The alarm "never" waits for error-share above 1 — give it a limit from 0 to below 1`,
    `${at('always')}  The alarm "always" waits for items above -1 — give it a limit from 0 on`,
  ])
})

test('a connection has a base address and limits that let something through', () => {
  // at: url
  const url = connection('url', { url: 'ftp://example.org' })
  // at: query
  const query = connection('query', { url: 'https://example.org/?key=1' })
  // at: numbers
  const numbers = connection('numbers', {
    url: setting('numbers-url', z.url()),
    timeout: '0 seconds',
    retries: 1.5,
    rate: { requests: 0, per: '1 second' },
    breaker: { failures: 0, open: '30 seconds' },
    credential: { from: secret('numbers-token'), header: 'X Key' },
  })
  const ask = schedule(
    { every: '1 hour' },
    { uses: { a: url.client, b: query.client, c: numbers.client }, handle: () => {} },
  )
  const base = 'write it like https://api.example.org/v1'
  const subject = `${at('numbers')}  The connection "numbers" has`
  expect(lines(check(plan('shop', { services: [service('work', { ask })] })))).toEqual([
    `${at('url')}  The connection "url" has the url "ftp://example.org" — ${base}`,
    `${at('query')}  The connection "query" has the url "https://example.org/?key=1" — ${base}`,
    `${subject} a time-out of 0 — write for example '10 seconds'`,
    `${subject} 1.5 retries — give a whole number from 0 on`,
    `${subject} a rate of nothing — give it requests and a time above 0`,
    `${subject} a breaker of 0 failures — give a whole number from 1 on`,
    `${subject} the header "X Key" — name a header`,
  ])
})

test('mail goes from and to addresses', () => {
  // at: wrong
  const wrong = mailbox('wrong', { from: 'Shop shop@example.org', to: 'operations' })
  const right = mailbox('right', { from: 'Shop <shop@example.org>', to: 'a@example.org' })
  const write = schedule({ every: '1 hour' }, { uses: { a: wrong.sender, b: right.sender }, handle: () => {} })
  const wayOut = 'write `shop@example.org` or `Shop <shop@example.org>`'
  expect(lines(check(plan('shop', { services: [service('work', { write })] })))).toEqual([
    `${at('wrong')}  The mailbox "wrong" has "Shop shop@example.org" as \`from\` — ${wayOut}`,
    `${at('wrong')}  The mailbox "wrong" has "operations" as \`to\` — ${wayOut}`,
  ])
})
