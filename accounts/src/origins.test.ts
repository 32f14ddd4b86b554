import { expect, it } from 'vitest'
import { SiteMemory, siteOf } from './origins.ts'

it('a process knows the site for a second, and asks again', () => {
  const memory = new SiteMemory()
  const [first, changed] = [siteOf('https://one.example.org'), siteOf('https://two.example.org')]
  expect(memory.siteAt(new Date(5_000))).toBeUndefined()
  expect(memory.keep(first, new Date(5_000))).toBe(first)
  expect(memory.siteAt(new Date(5_999))).toBe(first)
  expect(memory.siteAt(new Date(6_000))).toBeUndefined()
  memory.keep(changed, new Date(6_000))
  expect(memory.siteAt(new Date(6_001))).toBe(changed)
})
