import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mistakesIn } from '../framework/src/contract/plan-check.ts'
import { notesOn } from '../framework/src/plan/check.ts'
import { printed } from '../framework/src/plan/mistake.ts'
import type { Plan } from '../framework/src/plan/plan.ts'

const here = fileURLToPath(new URL('./', import.meta.url))
const names = readdirSync(here).filter(name => existsSync(`${here}${name}/plan.ts`))

async function planOf(name: string): Promise<Plan> {
  const module: { default: Plan } = await import(`./${name}/plan.ts`)
  return module.default
}

test('there are five systems', () => {
  expect(names).toEqual(['counter', 'giftflick', 'insights', 'records', 'storefront'])
})

test('the plans of all systems together have no mistakes', async () => {
  const mistakes = mistakesIn(await Promise.all(names.map(planOf)))
  expect(mistakes.map(mistake => printed(mistake, here))).toEqual([])
})

test.each(names)('the plan of %s leaves nothing to be noted', async name => {
  expect(notesOn(await planOf(name)).map(note => printed(note, here))).toEqual([])
})
