import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ofProcess } from './credentials.ts'

const own = { AWS_ACCESS_KEY_ID: 'AKIDOWN', AWS_SECRET_ACCESS_KEY: 'own-secret' }

describe('the credentials of a process', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('are those of its environment, with their token where there is one', async () => {
    expect(await ofProcess(own)()).toEqual({ accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret' })
    expect(await ofProcess({ ...own, AWS_SESSION_TOKEN: 'token' })()).toMatchObject({ sessionToken: 'token' })
  })

  it('are those of a profile that is asked for, and are looked for where the environment has none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'groundplan-credentials-'))
    try {
      const file = join(folder, 'credentials')
      writeFileSync(file, '[shop]\naws_access_key_id = AKIDSHOP\naws_secret_access_key = shop-secret\n')
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
      vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
      vi.stubEnv('AWS_PROFILE', 'shop')
      for (const environment of [{ ...own, AWS_PROFILE: 'shop' }, {}]) {
        expect(await ofProcess(environment)()).toMatchObject({
          accessKeyId: 'AKIDSHOP',
          secretAccessKey: 'shop-secret',
        })
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
