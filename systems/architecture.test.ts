import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { svg } from '../framework/src/cli/drawing/svg.ts'
import { graphOf } from '../framework/src/plan/graph.ts'
import type { Plan } from '../framework/src/plan/plan.ts'

test.each(['counter', 'giftflick', 'insights', 'records', 'storefront'])(
  'the picture of %s is what its plan draws now',
  async name => {
    const module: { default: Plan } = await import(`./${name}/plan.ts`)
    const file = `systems/${name}/architecture.svg`
    const kept = readFileSync(new URL(`./${name}/architecture.svg`, import.meta.url), 'utf8')
    const rewrite = `npx groundplan draw ${name} --format svg --output ${file}`
    expect(svg(graphOf(module.default)) === kept, `${file} is not up to date; write it anew: ${rewrite}`).toBe(true)
  },
)
