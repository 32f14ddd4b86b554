/** What is committed for AWS is what the plans and the config say now. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../framework/src/plan/plan.ts'
import config from '../groundplan.config.ts'

const systems = fileURLToPath(new URL('./', import.meta.url))

describe.each(['counter', 'storefront'])('C9, S14: the templates of %s', name => {
  it.each(['test', 'production'])(
    'are committed for %s as the plan says them',
    { timeout: 120_000 },
    async environment => {
      const module: { default: Plan } = await import(`./${name}/plan.ts`)
      const files = (await config.environments?.[environment]?.target?.files(module.default, environment)) ?? {}
      const folder = `${systems}${name}/aws/${environment}`
      expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort())
      for (const [file, text] of Object.entries(files)) {
        const rewrite = `write it anew: npx groundplan synth ${name} --env ${environment}`
        expect(readFileSync(`${folder}/${file}`, 'utf8') === text, `${file}: ${rewrite}`).toBe(true)
      }
    },
  )
})
