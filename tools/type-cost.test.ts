import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './tree.ts'
import { costPerEndpoint, maxPerEndpoint } from './type-cost.ts'

const hasWords = existsSync(join(root, 'framework/src/index.ts'))
if (!hasWords) console.warn('The cost of types is NOT measured: there is no framework/src/index.ts.')

describe.skipIf(!hasWords)('the type checker', { timeout: 120_000 }, () => {
  test(`spends at most ${maxPerEndpoint} instantiations on an endpoint`, async () => {
    const cost = await costPerEndpoint()
    expect(cost).toBeGreaterThan(0)
    expect(cost).toBeLessThanOrEqual(maxPerEndpoint)
  })

  test('is seen to spend more on a plan whose types are heavy', async () => {
    const tags = Array.from({ length: 40 }, (_, index) => index)
    const heavy = (name: string) => `
      type Digit${name} = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
      type Tagged${name}<N, Tag> = N extends string ? [N, Tag] : never
      ${tags.map(tag => `export type All${name}${tag} = Tagged${name}<\`\${Digit${name}}\${Digit${name}}\${Digit${name}}\`, ${tag}>`).join('\n')}
      const gateway${name} = gateway(service('${name}', {}))`
    expect(await costPerEndpoint(heavy)).toBeGreaterThan(maxPerEndpoint)
  })

  test('says what is wrong when the measured plan does not compile', async () => {
    const broken = (name: string) => `const gateway${name} = gateway('no service')`
    await expect(costPerEndpoint(broken)).rejects.toThrow(/did not compile[\s\S]*error TS/)
  })
})
