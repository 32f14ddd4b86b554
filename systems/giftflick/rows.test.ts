/**
 * The declared rows and the migrations agree, on a real PostgreSQL in memory.
 */
import { testbed } from 'groundplan/testbed'
import { expect, it } from 'vitest'
import giftflick, { gifts } from './plan.ts'

it('giftflick: the migrations make the columns that its rows declare', { timeout: 60_000 }, async () => {
  await using bed = await testbed(giftflick, { settings: { 'renderer-url': 'http://127.0.0.1:1' } })
  const { gifts: db } = bed.uses({ gifts: gifts.reader })
  expect(await db.sql.selectFrom('gifts').selectAll().execute()).toEqual([])
  expect(bed.logs.filter(({ level }) => level === 'warn')).toEqual([])
})
