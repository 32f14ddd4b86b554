import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asking, rejection, routeOf, smallPlan } from '../runtime/test/small.ts'
import { testbed } from '../targets/testbed.ts'
import { apiKeys, type NewKey } from './api-keys.ts'
import { endpoint } from './endpoint.ts'

const keys = apiKeys('partner', {
  scopes: ['gifts:read', 'gifts:write'],
  rates: { free: { perSecond: 2, burst: 2, perMonth: 5 }, paid: { perSecond: 100 } },
})
const usual = { summary: 'A test', returns: z.unknown() }
const read = endpoint('GET /gifts', { ...usual, caller: keys.with('gifts:read'), handle: ({ caller }) => caller })
const write = endpoint('POST /gifts', {
  ...usual,
  caller: keys.with('gifts:read', 'gifts:write'),
  handle: () => 'written',
})
const plan = smallPlan({ read, write })
type KeyBed = Awaited<ReturnType<typeof booted>>

const booted = () => testbed(plan, { at: new Date('2026-03-30T12:00:00Z') })

function issue(bed: KeyBed, more: Partial<NewKey<'gifts:read' | 'gifts:write'>> = {}) {
  const { writer } = bed.uses({ writer: keys.keys.writer })
  return keys.issue(writer, { account: 'ann', name: 'a test', scopes: ['gifts:read'], ...more }, bed.now)
}

const ask = (bed: KeyBed, text: string, name: 'read' | 'write' = 'read') =>
  bed.runtime.door.call(routeOf(bed.runtime, name), asking({ headers: { 'x-api-key': text } }))

const item = async (bed: KeyBed, keyId: string) => bed.uses({ reader: keys.keys.reader }).reader.get({ keyId })

describe('An API key', () => {
  it('lets its account in, with its scopes', async () => {
    await using bed = await booted()
    const { keyId, text } = await issue(bed)
    const { api } = bed.with({ 'x-api-key': text })
    expect(await api.read()).toEqual({ ok: true, value: { keyId, account: 'ann', scopes: ['gifts:read'] } })
  })

  it('is kept as a hash: nothing in the store, the logs or the traces has its secret', async () => {
    await using bed = await booted()
    const { keyId, text } = await issue(bed)
    const secret = text.split('_')[2] ?? ''
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    await ask(bed, text)
    expect(await item(bed, keyId)).toMatchObject({ secretHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(JSON.stringify([await item(bed, keyId), bed.logs, bed.traces])).not.toContain(secret)
  })

  it('is refused when it is wrong in any part, or missing', async () => {
    await using bed = await booted()
    const { text } = await issue(bed)
    const [name, keyId, secret] = text.split('_') as [string, string, string]
    const flipped = secret.endsWith('0') ? `${secret.slice(0, -1)}1` : `${secret.slice(0, -1)}0`
    for (const wrong of [
      '',
      'partner',
      'partner__',
      `partner_${keyId}`,
      `partner_${keyId}_`,
      `other_${keyId}_${secret}`,
      `${name}_nobody_${secret}`,
      `${name}_${keyId}_${flipped}`,
      `${name}_${keyId}_${secret.slice(1)}`,
      `${name}_${keyId}_${secret}_more`,
      `partner_${'x'.repeat(5_000)}_${secret}`,
    ]) {
      expect(await ask(bed, wrong), wrong).toMatchObject({ status: 401, problem: { code: 'not-authenticated' } })
    }
    expect(await rejection(bed.gateways.api.read())).toMatchObject({ code: 'not-authenticated' })
  })

  it('needs every scope that the endpoint asks for', async () => {
    await using bed = await booted()
    const { text } = await issue(bed)
    expect(await ask(bed, text, 'write')).toMatchObject({
      status: 403,
      problem: { code: 'not-allowed', detail: 'This key lacks a scope: it needs gifts:read, gifts:write' },
    })
    const both = await issue(bed, { scopes: ['gifts:read', 'gifts:write'] })
    expect(await ask(bed, both.text, 'write')).toMatchObject({ status: 200 })
  })

  it('that expired or was revoked is refused from the next request on', async () => {
    await using bed = await booted()
    const expiring = await issue(bed, { expiresAt: new Date(bed.now.getTime() + 1_000) })
    const revoked = await issue(bed)
    expect(await ask(bed, expiring.text)).toMatchObject({ status: 200 })
    await bed.advance('1 second')
    expect(await ask(bed, expiring.text)).toMatchObject({ status: 401 })
    expect(await ask(bed, revoked.text)).toMatchObject({ status: 200 })
    await keys.revoke(bed.uses({ writer: keys.keys.writer }).writer, revoked.keyId)
    expect(await ask(bed, revoked.text)).toMatchObject({ status: 401 })
  })

  it('of an account that is paused is refused until it is paused no more; those of others are not', async () => {
    await using bed = await booted()
    const [first, second, other] = [await issue(bed), await issue(bed), await issue(bed, { account: 'ben' })]
    await bed.settled()
    const { writer } = bed.uses({ writer: keys.keys.writer })
    const statuses = async () =>
      (await Promise.all([first, second, other].map(({ text }) => ask(bed, text)))).map(({ status }) => status)
    await keys.pause(writer, 'ann', true)
    expect(await statuses()).toEqual([401, 401, 200])
    await keys.pause(writer, 'ann', false)
    expect(await statuses()).toEqual([200, 200, 200])
  })

  it('may call so often a second, and is told when it may again', async () => {
    await using bed = await booted()
    const { text } = await issue(bed, { rate: 'free' })
    expect(await ask(bed, text)).toMatchObject({ status: 200 })
    expect(await ask(bed, text)).toMatchObject({ status: 200 })
    expect(await ask(bed, text)).toMatchObject({
      status: 429,
      problem: { code: 'throttled' },
      headers: { 'retry-after': '1' },
    })
    await bed.advance('1 second')
    expect(await ask(bed, text)).toMatchObject({ status: 200 })
  })

  it('may make so many calls a month, to the last one, however many come at once', async () => {
    await using bed = await booted()
    const { text } = await issue(bed, { rate: 'free' })
    const statuses: number[] = []
    for (let second = 0; second < 4; second++) {
      const answers = await Promise.all([ask(bed, text), ask(bed, text)])
      statuses.push(...answers.map(({ status }) => status))
      await bed.advance('1 second')
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    expect(await ask(bed, text)).toMatchObject({
      problem: { code: 'quota-used-up', detail: 'This key has made its 5 calls of this month' },
    })
    await bed.advance('36 hours')
    expect(bed.now.toISOString()).toMatch(/^2026-04-01/)
    expect(await ask(bed, text)).toMatchObject({ status: 200 })
  })

  it('is rotated: the old one is good for a while, both count as one, and nothing of it but the secret is new', async () => {
    await using bed = await booted()
    const first = await issue(bed, { rate: 'free', name: 'a camera' })
    for (let call = 0; call < 2; call++) expect(await ask(bed, first.text)).toMatchObject({ status: 200 })
    const { writer } = bed.uses({ writer: keys.keys.writer })
    const next = await keys.rotate(writer, first.keyId, bed.now, 3_600_000)
    expect(await keys.rotate(writer, 'nobody', bed.now, 0)).toBeUndefined()
    expect(await item(bed, next?.keyId ?? '')).toMatchObject({ account: 'ann', name: 'a camera', rate: 'free' })
    // Both have used up this second.
    expect(await ask(bed, next?.text ?? '')).toMatchObject({ status: 429 })
    await bed.advance('1 second')
    for (const text of [first.text, next?.text ?? '']) expect(await ask(bed, text)).toMatchObject({ status: 200 })
    await bed.advance('1 hour')
    expect(await ask(bed, first.text)).toMatchObject({ status: 401 })
    expect(await ask(bed, next?.text ?? '')).toMatchObject({ problem: { code: 'quota-used-up' } })
  })

  it('notes its last use at most once a minute', async () => {
    await using bed = await booted()
    const { keyId, text } = await issue(bed, { rate: 'paid' })
    const lastUse = async () => (await item(bed, keyId))?.lastUsedAt
    const began = bed.now.toISOString()
    await ask(bed, text)
    expect(await lastUse()).toBe(began)
    const points = bed.points
    await bed.advance('59 seconds')
    await ask(bed, text)
    expect(await lastUse()).toBe(began)
    await bed.advance('1 second')
    await ask(bed, text)
    expect(await lastUse()).toBe('2026-03-30T12:01:00.000Z')
    expect(bed.points).toBeGreaterThan(points)
  })

  it('of sample data is the same each time it is issued', async () => {
    await using bed = await booted()
    const { writer, all } = bed.uses({ writer: keys.keys.writer, all: keys.keys.scanner })
    const key = { account: 'ann', name: 'development', scopes: ['gifts:read'] as const }
    const first = await keys.issue(writer, key, bed.now, 'development-ann')
    expect(await keys.issue(writer, key, bed.now, 'development-ann')).toEqual(first)
    expect((await all.scan()).items).toHaveLength(1)
    expect(await ask(bed, first.text)).toMatchObject({ status: 200 })
  })
})
