import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryClock } from '../memory/clock.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { embeddedVault } from './vault.ts'

const clock = memoryClock(Date.UTC(2030, 0, 1))
const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

describe('a vault on disk', () => {
  let folder: string
  let environment: Environment

  const open = (masterKey: Uint8Array = key) => embeddedVault(environment, { clock, masterKey })

  /** Changes an entry behind the vault's back. */
  const change = (name: string, to: (kept: Record<string, unknown>) => unknown): Promise<void> => {
    const kept = JSON.parse(environment.vault.getBinary(Buffer.from(name))?.toString() ?? '') as Record<string, unknown>
    return put(name, Buffer.from(JSON.stringify(to(kept))))
  }
  const put = (name: string, value: Buffer): Promise<void> =>
    environment.transactions.write(() => () => environment.vault.put(Buffer.from(name), value))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'groundplan-vault-'))
    environment = openEnvironment(folder, { plan: 'test' })
  })
  afterEach(async () => {
    await environment.close()
    await rm(folder, { recursive: true })
  })

  it('holds no value that can be read without the key', async () => {
    const vault = await open()
    await vault.set('shop/secrets/carrier', 'a-very-secret-value')
    await vault.set('shop/secrets/carrier', 'the-next-secret-value', { overlapMs: 60_000 })
    await environment.close()
    for (const file of await readdir(folder)) {
      const bytes = await readFile(join(folder, file), 'latin1')
      expect(bytes).not.toContain('very-secret')
      expect(bytes).not.toContain('next-secret')
    }
    environment = openEnvironment(folder, { plan: 'test' })
    expect(await (await open()).get('shop/secrets/carrier')).toMatchObject({ value: 'the-next-secret-value' })
  })

  it('does not open with another master key, and is as it was for the right one', async () => {
    await (await open()).set('key', 'value')
    await expect(open(otherKey)).rejects.toMatchObject({
      code: 'data-damaged',
      detail: expect.stringContaining(folder),
    })
    expect(await (await open()).get('key')).toMatchObject({ value: 'value', version: 1 })
  })

  it('takes a master key of 32 bytes only', async () => {
    for (const bytes of [0, 16, 31, 33, 64]) {
      await expect(open(Buffer.alloc(bytes))).rejects.toMatchObject({ code: 'setting-invalid' })
    }
  })

  it.each<[string, (kept: Record<string, unknown>) => unknown]>([
    ['a letter of the sealed text', kept => ({ ...kept, sealed: flipped(String(kept.sealed)) })],
    ['its version', kept => ({ ...kept, version: 7 })],
    ['its time', kept => ({ ...kept, changedAtMs: 1 })],
    ['all but nothing of it', kept => ({ ...kept, sealed: 'AAAA' })],
    ['its form', () => ({})],
  ])('opens no entry of which somebody changed %s, and does not overwrite it', async (_what, to) => {
    const vault = await open()
    await vault.set('key', 'value')
    await vault.set('other', 'other value')
    await change('key', to)
    const before = environment.vault.getBinary(Buffer.from('key'))
    for (const use of [vault.get('key'), vault.set('key', 'new'), vault.reseal(otherKey)]) {
      await expect(use).rejects.toMatchObject({ code: 'data-damaged', detail: expect.stringContaining('"key"') })
    }
    expect(environment.vault.getBinary(Buffer.from('key'))).toEqual(before)
    expect(await vault.get('other')).toMatchObject({ value: 'other value' })
    await vault.remove('key')
    expect(await vault.set('key', 'new')).toMatchObject({ version: 1 })
    expect(await vault.get('key')).toMatchObject({ value: 'new' })
  })

  it('opens no entry that was put under another name', async () => {
    const vault = await open()
    await vault.set('mine', 'value')
    await vault.set('yours', 'value')
    const mine = environment.vault.getBinary(Buffer.from('mine'))
    await put('yours', Buffer.from(mine ?? ''))
    await expect(vault.get('yours')).rejects.toMatchObject({ code: 'data-damaged' })
  })

  it('seals the same value differently each time', async () => {
    const vault = await open()
    await vault.set('one', 'value')
    await vault.set('other', 'value')
    const [one, other] = ['one', 'other'].map(name => environment.vault.getBinary(Buffer.from(name))?.toString())
    expect(JSON.parse(one ?? '')).not.toEqual(JSON.parse(other ?? ''))
  })

  it('seals all entries with a new master key, while they are used', async () => {
    const vault = await open()
    await vault.set('key', 'first')
    await vault.set('key', 'second', { overlapMs: 60_000 })
    const [, set, got] = await Promise.all([vault.reseal(otherKey), vault.set('new', 'value'), vault.get('key')])
    expect([set.version, got?.value]).toEqual([1, 'second'])
    for (const each of [vault, await open(otherKey)]) {
      expect(await each.get('key')).toMatchObject({ value: 'second', version: 2, previous: { value: 'first' } })
      expect(await each.get('new')).toMatchObject({ value: 'value' })
    }
    await expect(open(key)).rejects.toMatchObject({ code: 'data-damaged' })
  })
})

/** Another letter in the middle of a text in base64. */
function flipped(text: string): string {
  const at = Math.floor(text.length / 2)
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
