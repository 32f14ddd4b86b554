import { expect, test } from 'vitest'
import { z } from 'zod'
import { check } from '../check.ts'
import { consumer } from '../consumer.ts'
import type { Uses } from '../grant.ts'
import { plan } from '../plan.ts'
import { queue } from '../queue.ts'
import { schedule } from '../schedule.ts'
import { service } from '../service.ts'
import { table } from '../table.ts'
import { marksIn } from '../test/marks.ts'

const { at, lines } = marksIn(import.meta.url)

function using(uses: Uses, more = {}) {
  return plan('shop', {
    services: [service('work', { run: schedule({ every: '1 hour' }, { uses, handle: () => {} }), ...more })],
  })
}

test('a table keeps nothing that JSON cannot hold', () => {
  // at: dated
  const dated = table('dated', {
    item: z.object({ id: z.string(), times: z.array(z.object({ at: z.date() })) }),
    key: ['id'],
  })
  expect(lines(check(using({ dated: dated.reader })))).toEqual([
    `${at('dated')}  The table "dated" has a schema that cannot be kept at "times.at": z.date — JSON has no dates: keep ISO texts (\`z.iso.datetime()\`)`,
  ])
})

test('a message is no transform, which would run again at each read', () => {
  // at: lengths
  const lengths = queue('lengths', { message: z.object({ n: z.string().transform(text => text.length) }) })
  const run = consumer(lengths, { handle: () => {} })
  expect(lines(check(using({ lengths: lengths.sender }, { count: run })))).toEqual([
    `${at('lengths')}  The queue "lengths" has a schema that cannot be kept at "n": z.pipe — a pipe would run again at each read: keep what comes in, and convert it in the handler`,
  ])
})

test('JSON of any depth, and a schema that holds itself, are kept', () => {
  const Tree = z.object({
    id: z.string(),
    price: z.number().nullable().default(null),
    get children() {
      return z.array(Tree)
    },
    any: z.json(),
    one: z.discriminatedUnion('type', [
      z.object({ type: z.literal('a') }),
      z.object({ type: z.literal('b'), n: z.coerce.number() }),
    ]),
  })
  const trees = table('trees', { item: Tree, key: ['id'] })
  expect(check(using({ trees: trees.reader }))).toEqual([])
})
