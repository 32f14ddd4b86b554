/**
 * Retentions: archived, compared, then removed; nothing lost and nothing archived twice, wherever the process dies.
 */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alarm, items } from '../../plan/alarm.ts'
import { bucket } from '../../plan/bucket.ts'
import { plan } from '../../plan/plan.ts'
import { retention } from '../../plan/retention.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'
import { killedEverywhere, type Testbed, testbed } from '../../targets/testbed.ts'

const Entry = z.object({ user: z.string(), writtenAt: z.iso.datetime(), text: z.string() })
type Entry = z.output<typeof Entry>

const entries = table('entries', { item: Entry, key: ['user', 'writtenAt'] })
const archive = bucket('archive')
const tooMany = alarm('too-many', { when: items(entries).above(70) })
const cleaning = retention(entries, {
  by: 'writtenAt',
  after: '10 days',
  archive,
  when: { cron: '0 3 * * *', zone: 'UTC' },
  also: tooMany,
})
const system = plan('diary', { services: [service('cleanup', { cleaning })] })

type Bed = Testbed<Record<never, never>>

async function filled(count: number, at = new Date('2026-01-20T02:59:30Z')): Promise<Bed> {
  const bed = await testbed(system, { at })
  const { all } = bed.uses({ all: entries.writer })
  for (let n = 0; n < count; n++) await all.put(entry(n))
  return bed
}

/** Three a day, from 1 January on. */
function entry(n: number, text = `entry ${n}`): Entry {
  const day = String(1 + Math.floor(n / 3)).padStart(2, '0')
  return { user: `u${n % 2}`, writtenAt: `2026-01-${day}T0${n % 3}:00:00.000Z`, text }
}

/** Past the process, which may be dead. */
async function kept({ drivers: { store } }: Bed): Promise<readonly Entry[]> {
  return (await store.scan('entries', { limit: 1_000 })).items.map(item => Entry.parse(item))
}

async function archived({
  drivers: { buckets },
}: Bed): Promise<readonly { readonly day: string; readonly entry: Entry }[]> {
  const { objects } = await buckets.list('archive', { limit: 1_000 })
  const found = await Promise.all(
    objects.map(async ({ key }) => {
      const pieces: Uint8Array[] = []
      for await (const piece of (await buckets.get('archive', key))?.content ?? []) pieces.push(piece)
      const lines = Buffer.concat(pieces).toString().trimEnd().split('\n')
      return lines.map(line => ({ day: key.split('/')[1] ?? '', entry: Entry.parse(JSON.parse(line)) }))
    }),
  )
  return found.flat()
}

const texts = (all: readonly Entry[]): readonly string[] => all.map(({ text }) => text).sort()
const numbered = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, at) => `entry ${from + at}`).sort()

describe('a retention', () => {
  it('archives what is old as JSON Lines by day, removes it, and leaves what is not', async () => {
    await using bed = await filled(60)
    await bed.advance('1 minute')
    // At 03:00 on the 20th everything up to 03:00 on the 10th is ten days old.
    expect(texts(await kept(bed))).toEqual(numbered(30, 60))
    const found = await archived(bed)
    expect(texts(found.map(each => each.entry))).toEqual(numbered(0, 30))
    for (const { day, entry: each } of found) expect(each.writtenAt.slice(0, 10)).toBe(day)
    expect((await bed.drivers.buckets.list('archive', { limit: 100 })).objects).toHaveLength(10)
    expect(bed.logs.at(-1)?.message).toContain('30 items archived in 10 objects and removed')
    await bed.advance('1 day')
    expect(texts(await kept(bed))).toEqual(numbered(33, 60))
  })

  it('killed at every point: each old item is archived once and gone, and never in neither place', async () => {
    const points = await killedEverywhere<Record<never, never>, void>({
      boot: () => filled(15, new Date('2026-01-13T02:59:30Z')),
      act: bed => bed.advance('1 minute'),
      async atDeath(bed) {
        const everywhere = new Set(
          [...(await kept(bed)), ...(await archived(bed)).map(each => each.entry)].map(e => e.text),
        )
        expect(everywhere.size).toBe(15)
      },
      async check(bed) {
        await bed.advance('1 day')
        const found = await archived(bed)
        expect(texts(found.map(each => each.entry))).toEqual(numbered(0, 12))
        expect(texts(await kept(bed))).toEqual(numbered(12, 15))
      },
    })
    expect(points).toBeGreaterThan(30)
  })

  it('keeps what was changed after it was archived, and archives its new state as well', async () => {
    let changed = 0
    await killedEverywhere<Record<never, never>, void>({
      boot: () => filled(12, new Date('2026-01-13T02:59:30Z')),
      act: bed => bed.advance('1 minute'),
      async atDeath(bed) {
        const before = await archived(bed)
        const still = await kept(bed)
        const both = before.find(each => still.some(({ text }) => text === each.entry.text))
        if (!both) return
        changed += 1
        const { user, writtenAt } = both.entry
        await bed.drivers.store.commit({
          writes: [{ op: 'patch', table: 'entries', key: { user, writtenAt }, set: { text: 'changed' }, unset: [] }],
        })
      },
      async check(bed) {
        await bed.advance('1 day')
        expect(await kept(bed)).toEqual([])
        const all = texts((await archived(bed)).map(each => each.entry))
        expect(all.filter(text => text !== 'changed')).toEqual(numbered(0, 12))
        expect(all.filter(text => text === 'changed').length).toBeLessThanOrEqual(1)
      },
    })
    expect(changed).toBeGreaterThan(5)
  })

  it('runs at once when its alarm begins', async () => {
    await using bed = await filled(71, new Date('2026-01-20T04:00:00Z'))
    await bed.advance('2 minutes')
    expect(texts(await kept(bed))).toEqual(numbered(30, 71))
  })

  it('does not run twice at once', async () => {
    await using bed = await filled(30)
    const ticker = bed.runtime.ticker
    if (!ticker) throw new Error('no ticker')
    const both = await Promise.allSettled([ticker.runNow('cleanup', 'cleaning'), ticker.runNow('cleanup', 'cleaning')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(texts((await archived(bed)).map(each => each.entry))).toEqual(numbered(0, 30))
    await expect(ticker.runNow('cleanup', 'nothing')).rejects.toMatchObject({ code: 'no-such-route' })
  })
})
