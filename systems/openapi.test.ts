import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { yaml } from '../framework/src/cli/yaml.ts'
import { openApi } from '../framework/src/http/openapi.ts'
import type { Plan } from '../framework/src/plan/plan.ts'

test.each(['customer', 'ops'])(
  'storefront S2: the committed document of the gateway %s is what its plan says now',
  async gateway => {
    const module: { default: Plan } = await import('./storefront/plan.ts')
    const file = `systems/storefront/${gateway}-bff/openapi.yaml`
    const kept = readFileSync(new URL(`./storefront/${gateway}-bff/openapi.yaml`, import.meta.url), 'utf8')
    const door = module.default.gateways[gateway]
    if (!door) throw new Error(`there is no gateway ${gateway}`)
    const now = yaml(openApi(gateway, door, { server: `/api/storefront/${gateway}` }))
    const rewrite = `npx groundplan openapi storefront ${gateway} --yaml > ${file}`
    expect(now === kept, `${file} is not up to date; write it anew: ${rewrite}`).toBe(true)
  },
)
