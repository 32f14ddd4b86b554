/**
 * Claim: a test lets a year pass in less than a second, and a testbed without a database boots in less than 50 ms.
 *
 * - A year: an hourly and a daily schedule tick, 10,000 items expire one after the other. Written before, not counted.
 * - 90 days of the storefront, whose alarms look each minute; and twice and four times as long: it grows with the time.
 * - Booting: the first bed of the process (nothing is compiled yet), and the ones after it.
 *
 * `--rounds=5`; the median is printed, in CPU time too, since other work on the machine does not count as ours.
 */
import { atomically, plan, schedule, service, table } from 'groundplan'
import { testbed } from 'groundplan/testbed'
import { z } from 'zod'
import counter from '../../systems/counter/plan.ts'
import storefront from '../../systems/storefront/plan.ts'
import storefrontSeed from '../../systems/storefront/seed.ts'
import { percentile, round } from '../disk.ts'

const rounds = Number(process.argv.find(argument => argument.startsWith('--rounds='))?.slice('--rounds='.length) ?? 5)
const itemsThatExpire = 10_000
const yearMs = 365 * 86_400_000

interface Took {
  readonly wallMs: number
  readonly cpuMs: number
}

async function timed(work: () => Promise<unknown>): Promise<Took> {
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await work()
  const wallMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1_000 }
}

async function repeated(once: () => Promise<Took>, times = rounds): Promise<readonly Took[]> {
  const all: Took[] = []
  for (let n = 0; n < times; n++) all.push(await once())
  return all
}

function say(name: string, all: readonly Took[], more = ''): void {
  const wallMs = percentile(
    all.map(each => each.wallMs),
    0.5,
  )
  const cpuMs = percentile(
    all.map(each => each.cpuMs),
    0.5,
  )
  const digits = wallMs < 100 ? 1 : 0
  console.log(
    `  ${name.padEnd(52)} ${wallMs.toFixed(digits).padStart(7)} ms  CPU ${cpuMs.toFixed(digits).padStart(6)} ms  ${more}`,
  )
}

// ---------- a year

const sessions = table('sessions', {
  item: z.object({ id: z.string(), until: z.iso.datetime() }),
  key: ['id'],
  expires: 'until',
})

/** The plan, and how often it ticked. */
function yearPlan() {
  const ticks = { hourly: 0, daily: 0 }
  const zone = 'Europe/Berlin'
  const hourly = schedule({ cron: '0 * * * *', zone }, { handle: () => void ticks.hourly++ })
  const daily = schedule(
    { cron: '30 3 * * *', zone },
    { uses: { sessions: sessions.reader }, handle: () => void ticks.daily++ },
  )
  return { ticks, plan: plan('year', { services: [service('clock', { hourly, daily })] }) }
}

async function oneYear(): Promise<Took> {
  const { ticks, plan: year } = yearPlan()
  await using bed = await testbed(year)
  const { kept, all } = bed.uses({ kept: sessions.writer, all: sessions.scanner })
  for (let from = 0; from < itemsThatExpire; from += 100) {
    const puts = Array.from({ length: 100 }, (_, n) => {
      const untilMs = bed.now.getTime() + ((from + n + 1) * yearMs) / (itemsThatExpire + 1)
      return [`n${n}`, kept.put({ id: `${from + n}`, until: new Date(untilMs).toISOString() })] as const
    })
    await atomically(Object.fromEntries(puts))
  }
  const took = await timed(() => bed.advance('365 days'))
  const left = (await all.scan()).items.length
  if (ticks.hourly !== 8_760 || ticks.daily !== 365 || left > 0) throw new Error(JSON.stringify({ ...ticks, left }))
  return took
}

// ---------- the storefront

async function idleStorefront(days: number): Promise<Took> {
  await using bed = await testbed(storefront)
  await bed.seed(storefrontSeed)
  await bed.settled()
  return await timed(() => bed.advance(`${days} days`))
}

async function boot(make: () => Promise<{ close(): Promise<void> }>): Promise<Took> {
  let bed: { close(): Promise<void> } | undefined
  const took = await timed(async () => {
    bed = await make()
  })
  await bed?.close()
  return took
}

console.log(`Node ${process.versions.node}, median of ${rounds}`)
const booting = { counter: () => boot(() => testbed(counter)), storefront: () => boot(() => testbed(storefront)) }
say('boot of the counter, first in the process', [await booting.counter()])
say('boot of the storefront, first in the process', [await booting.storefront()])
say('boot of the counter, again', await repeated(booting.counter, 20))
say('boot of the storefront, again', await repeated(booting.storefront, 20))
say(`a year: 8,760 + 365 ticks, ${round(itemsThatExpire)} expiries`, await repeated(oneYear))
for (const days of [90, 180, 360]) say(`${days} days of the storefront`, await repeated(() => idleStorefront(days), 3))
