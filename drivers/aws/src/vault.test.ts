/** What the contract does not ask: where things are kept on AWS, and that nothing piles up there. */
import { randomUUID } from 'node:crypto'
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { memoryClock } from 'groundplan/memory/clock'
import { memoryVault } from 'groundplan/memory/vault'
import { describe, expect, it } from 'vitest'
import type { Spending } from './client.ts'
import { against, credentials } from './test/engines.ts'
import { awsVault } from './vault.ts'
import { secretsVault } from './vault-secrets.ts'

describe('the vault on AWS', () => {
  it('keeps settings apart from secrets, and lists both', async () => {
    const clock = memoryClock(0)
    const [secrets, settings] = [memoryVault({ clock }), memoryVault({ clock })]
    const vault = awsVault({ secrets, settings })
    await vault.set('shop/settings/colour', 'red')
    await vault.set('shop/secrets/settings/key', 'k-1')
    expect((await settings.list('')).map(({ name }) => name)).toEqual(['shop/settings/colour'])
    expect((await secrets.list('')).map(({ name }) => name)).toEqual(['shop/secrets/settings/key'])
    expect((await vault.list('shop/')).map(({ name }) => name)).toEqual([
      'shop/secrets/settings/key',
      'shop/settings/colour',
    ])
    expect((await vault.get('shop/settings/colour'))?.value).toBe('red')
  })
})

await against('moto', ({ endpoint }) => {
  describe('secrets', () => {
    it('keep no labels of versions that nobody reads, since 20 is all there may be', async () => {
      const prefix = `test-${randomUUID().slice(0, 8)}`
      const spent: Spending[] = []
      const options = {
        clock: memoryClock(1),
        region: 'eu-central-1',
        endpoint,
        credentials,
        spent: (each: Spending) => spent.push(each),
      }
      const vault = secretsVault(options, prefix)
      for (let n = 1; n <= 25; n++) await vault.set('key', `value ${n}`, { overlapMs: 1_000 })
      const client = new SecretsManagerClient({ region: 'eu-central-1', endpoint, credentials })
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: `${prefix}@key` }))
      expect(
        Object.values(VersionIdsToStages)
          .flat()
          .filter(label => label.startsWith('groundplan-')).length,
      ).toBeLessThanOrEqual(2)
      expect(await vault.get('key')).toMatchObject({ value: 'value 25', version: 25, previous: { value: 'value 24' } })
      await vault.remove('key')
      const reads = spent.filter(({ operation }) => operation === 'GetSecretValue').length
      expect(reads).toBe(25 + 2)
      client.destroy()
      vault.close()
    })
  })
})
