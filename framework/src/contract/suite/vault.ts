/** The promises of the vault: values by name, versions that count up, and the one before while a rotation lasts. */
import { expect } from 'vitest'
import type { Vault } from '../vault.ts'
import type { Promised, Promises, Subject } from './promises.ts'

export interface VaultSubject extends Subject {
  readonly vault: Vault
  /** Ends the process that holds the vault, as a kill would, and opens it again. Only engines that keep it. */
  reopen?(): Promise<Vault>
}

const minute = 60_000
const day = 24 * 60 * minute

/** A vault needs nothing declared. */
function promise(keep: (subject: VaultSubject) => Promise<void>): Promised<VaultSubject, undefined> {
  return { needs: undefined, keep }
}

async function namesIn(vault: Vault, prefix: string): Promise<readonly string[]> {
  return (await vault.list(prefix)).map(({ name }) => name)
}

type VaultPromises = Promises<VaultSubject, undefined>

const values: VaultPromises = {
  'gives the value that was set, and nothing where none was': promise(async ({ vault, time }) => {
    const changedAtMs = time.clock.now()
    const entry = { name: 'shop/secrets/carrier-key', value: 'k-81', version: 1, changedAtMs }
    expect(await vault.get(entry.name)).toBeUndefined()
    expect(await vault.set(entry.name, 'k-81')).toEqual(entry)
    await time.advance(minute)
    expect(await vault.get(entry.name)).toEqual(entry)
    for (const name of ['shop', 'shop/', 'shop/secrets', 'carrier-key', 'shop/secrets/carrier-key/']) {
      expect(await vault.get(name)).toBeUndefined()
    }
  }),

  'keeps values of any text up to 64 KB, letter by letter': promise(async ({ vault }) => {
    const texts = ['', ' ', 'a\nb\r\n', 'ü日👩‍👩‍👧', `'";--\\`, '\0\u0001', '\ufeffx', '{"a": 1}', 'x'.repeat(65_536)]
    for (const text of [...texts, '日'.repeat(21_845)]) {
      await vault.set('value', text)
      expect((await vault.get('value'))?.value).toBe(text)
    }
  }),

  'refuses a value above 64 KB in UTF-8, keeps the one before, and does not say it': promise(async ({ vault }) => {
    await vault.set('value', 'before')
    for (const text of ['x'.repeat(65_537), '日'.repeat(21_846)]) {
      const refused = await vault.set('value', text).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'item-too-large' })
      expect(String(refused)).not.toContain(text.slice(0, 20))
    }
    expect(await vault.get('value')).toMatchObject({ value: 'before', version: 1 })
  }),

  'takes names of a–z, 0–9, -, _, . and /, up to 200 characters': promise(async ({ vault }) => {
    const names = ['a', '0', '-', '_', '.', '/', '..', '../a', '//', 'a/b.c-d_e/0', '/etc/passwd', 'x'.repeat(200)]
    for (const name of names) await vault.set(name, `of ${name}`)
    for (const name of names) expect((await vault.get(name))?.value).toBe(`of ${name}`)
    expect(new Set(await namesIn(vault, ''))).toEqual(new Set(names))
  }),

  'refuses any other name': promise(async ({ vault }) => {
    for (const name of ['', 'A', 'ü', 'a b', 'a\nb', 'a\n', 'a\0', 'a:b', 'a%2fb', 'a\\b', '*', 'x'.repeat(201)]) {
      for (const used of [vault.get(name), vault.set(name, 'value'), vault.remove(name)]) {
        await expect(used).rejects.toMatchObject({ code: 'invalid-key' })
      }
    }
    expect(await vault.list('')).toEqual([])
  }),
}

const versions: VaultPromises = {
  'counts versions up from 1 at each set, also of the same value': promise(async ({ vault, time }) => {
    for (const version of [1, 2, 3]) {
      expect(await vault.set('value', 'same')).toMatchObject({ version, changedAtMs: time.clock.now() })
      await time.advance(minute)
    }
    expect(await vault.set('other', 'same')).toMatchObject({ version: 1 })
    expect(await vault.get('value')).toMatchObject({ version: 3, changedAtMs: time.clock.now() - minute })
  }),

  'gives each of 20 sets at the same moment a version of its own': promise(async ({ vault }) => {
    const set = await Promise.all(Array.from({ length: 20 }, (_, index) => vault.set('value', `value ${index}`)))
    const counted = set.map(({ version }) => version).sort((one, other) => one - other)
    expect(counted).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    const last = set.find(({ version }) => version === 20)
    expect(await vault.get('value')).toMatchObject({ version: 20, value: last?.value })
  }),

  'keeps the value before for as long as asked, to the millisecond': promise(async ({ vault, time }) => {
    await vault.set('key', 'old')
    await time.advance(day)
    const untilMs = time.clock.now() + 10 * minute
    const previous = { value: 'old', version: 1, untilMs }
    expect(await vault.set('key', 'new', { overlapMs: 10 * minute })).toMatchObject({ value: 'new', previous })
    await time.advance(10 * minute - 1)
    expect(await vault.get('key')).toMatchObject({ value: 'new', version: 2, previous })
    await time.advance(1)
    const after = await vault.get('key')
    expect(after).toMatchObject({ value: 'new', version: 2 })
    expect(after).not.toHaveProperty('previous')
  }),

  'keeps no value before without an overlap, and none where there was none': promise(async ({ vault }) => {
    expect(await vault.set('key', 'first', { overlapMs: minute })).not.toHaveProperty('previous')
    expect(await vault.set('key', 'second')).not.toHaveProperty('previous')
    expect(await vault.set('key', 'third', { overlapMs: 0 })).not.toHaveProperty('previous')
    expect(await vault.get('key')).not.toHaveProperty('previous')
  }),

  'keeps one value before: the last one': promise(async ({ vault }) => {
    await vault.set('key', 'first')
    await vault.set('key', 'second', { overlapMs: day })
    await vault.set('key', 'third', { overlapMs: minute })
    expect(await vault.get('key')).toMatchObject({ value: 'third', previous: { value: 'second', version: 2 } })
    await vault.set('key', 'fourth')
    expect(await vault.get('key')).not.toHaveProperty('previous')
  }),
}

const looking: VaultPromises = {
  'removes a value with the one before; set again, it counts from 1': promise(async ({ vault }) => {
    await vault.set('key', 'first')
    await vault.set('key', 'second', { overlapMs: day })
    await vault.remove('key')
    await vault.remove('key')
    expect(await vault.get('key')).toBeUndefined()
    expect(await namesIn(vault, '')).toEqual([])
    const again = await vault.set('key', 'third', { overlapMs: day })
    expect(again).toMatchObject({ version: 1 })
    expect(again).not.toHaveProperty('previous')
  }),

  'lists names below a prefix, sorted, without values': promise(async ({ vault, time }) => {
    const names = ['shop/b', 'shop/a', 'shop/a-b', 'shop/a/b', 'shop/_', 'shopping', 'sho', 'other/shop/a']
    for (const name of names) await vault.set(name, 'the value')
    await vault.set('shop/b', 'the value', { overlapMs: day })
    expect(await namesIn(vault, 'shop/')).toEqual(['shop/_', 'shop/a', 'shop/a-b', 'shop/a/b', 'shop/b'])
    expect(await namesIn(vault, 'shop/a/b')).toEqual(['shop/a/b'])
    expect(await namesIn(vault, '')).toHaveLength(names.length)
    expect(await namesIn(vault, 'none')).toEqual([])
    const [last] = await vault.list('shop/b')
    expect(last).toEqual({ name: 'shop/b', version: 2, changedAtMs: time.clock.now() })
  }),

  'keeps versions and overlaps when its process is killed': promise(async subject => {
    const { vault, time } = subject
    if (!subject.reopen) throw new Error('this engine keeps nothing')
    await vault.set('key', 'first')
    await vault.set('key', 'second', { overlapMs: minute })
    const reopened = await subject.reopen()
    expect(await reopened.get('key')).toMatchObject({ value: 'second', version: 2, previous: { value: 'first' } })
    await time.advance(minute)
    expect(await reopened.get('key')).not.toHaveProperty('previous')
    expect(await reopened.set('key', 'third')).toMatchObject({ version: 3 })
  }),
}

/** All promises of the vault. */
export const vaultPromises: VaultPromises = { ...values, ...versions, ...looking }
