import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryClock } from '../memory/clock.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { masterKeyIn, replaceMasterKey } from './master-key.ts'
import { embeddedVault, opensVault } from './vault.ts'

const clock = memoryClock(Date.UTC(2030, 0, 1))

describe('the master key in a file', () => {
  let folder: string
  let environment: Environment

  const key = () => masterKeyIn(folder, candidate => opensVault(environment, candidate))
  const vault = async () => embeddedVault(environment, { clock, masterKey: await key() })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'groundplan-key-'))
    environment = openEnvironment(folder, { plan: 'test' })
  })
  afterEach(async () => {
    await environment.close()
    await rm(folder, { recursive: true })
  })

  it('is made once, for its owner alone', async () => {
    const first = await key()
    expect(first.byteLength).toBe(32)
    expect(await key()).toEqual(first)
    expect((await stat(join(folder, 'master.key'))).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).filter(name => name.startsWith('master'))).toEqual(['master.key'])
  })

  it.each([0o644, 0o640, 0o604, 0o660, 0o601])('is refused when others have rights on it: %o', async rights => {
    await key()
    await chmod(join(folder, 'master.key'), rights)
    await expect(key()).rejects.toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining('chmod 600'),
    })
  })

  it('is never made in the place of something that is no key', async () => {
    const path = join(folder, 'master.key')
    for (const text of ['', 'half a key', 'f'.repeat(63), 'f'.repeat(66)]) {
      await writeFile(path, text, { mode: 0o600 })
      await expect(key()).rejects.toMatchObject({ code: 'setting-invalid' })
      expect(await readFile(path, 'utf8')).toBe(text)
    }
  })

  it('is not made anew when it is gone and the vault is not', async () => {
    await vault()
    await rm(join(folder, 'master.key'))
    await expect(key()).rejects.toMatchObject({ code: 'data-damaged' })
    expect((await readdir(folder)).filter(name => name.startsWith('master'))).toEqual([])
  })

  it('is replaced together with the seals of the vault', async () => {
    const before = await key()
    const opened = await vault()
    await opened.set('name', 'value')
    await replaceMasterKey(folder, next => opened.reseal(next))
    expect(await key()).not.toEqual(before)
    expect(await opened.get('name')).toMatchObject({ value: 'value' })
    expect(await (await vault()).get('name')).toMatchObject({ value: 'value' })
  })

  it('is the one that opens the vault, wherever a replacement was broken off', async () => {
    const opened = await vault()
    await opened.set('name', 'value')
    const died = new Error('killed here')
    const before = replaceMasterKey(folder, () => Promise.reject(died))
    await expect(before).rejects.toBe(died)
    expect(await (await vault()).get('name')).toMatchObject({ value: 'value' })
    const after = replaceMasterKey(folder, async next => {
      await opened.reseal(next)
      throw died
    })
    await expect(after).rejects.toBe(died)
    expect(await (await vault()).get('name')).toMatchObject({ value: 'value' })
    expect((await readdir(folder)).filter(name => name.startsWith('master'))).toEqual(['master.key'])
  })
})
