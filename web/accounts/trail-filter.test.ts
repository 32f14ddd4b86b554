/** What the filters of the audit trail ask for. */
import { expect, it } from 'vitest'
import { queryOf } from './trail-filter.ts'

const nothing = { person: '', kind: '', from: '', to: '' } as const

it('asks for all of it where nothing is chosen', () => {
  expect(queryOf(nothing)).toEqual({})
})

it('asks for whole days of the reader’s clock, both included', () => {
  const { from, to } = queryOf({ ...nothing, from: '2026-03-01', to: '2026-03-01' })
  expect([new Date(from ?? 0).getHours(), new Date(to ?? 0).getHours()]).toEqual([0, 23])
  expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(86_400_000 - 1)
})

it('does not ask for a day that is being typed', () => {
  for (const from of ['2026', '2026-0', '2026-99-99']) expect(queryOf({ ...nothing, from })).toEqual({})
})
