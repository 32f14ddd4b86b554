/**
 * Claim: tables in the process do many durable writes for each flush of the disk, and read at the speed of memory; time
 * and memory for an item stay the same from a thousand to a million. Peers come beside these lines.
 *
 * `--folder=` puts the data elsewhere (on a memory file system: what the processor alone would do). `--short` leaves the
 * growth out, `--growth` all else, `--to=10000000` takes it further. Takes a minute.
 */

import type { Item, Write } from '../../framework/src/contract/store.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { openEnvironment } from '../../framework/src/embedded/environment.ts'
import { embeddedStore } from '../../framework/src/embedded/store.ts'
import { cpuUs, dataFolder, during, growthSteps, line, lineHead, measured, round } from '../disk.ts'

const tables = [
  { name: 'orders', key: ['customer', 'at'], indexes: {}, changesTo: [] },
  { name: 'indexed', key: ['id'], indexes: { customer: ['customer', 'at'] }, changesTo: [] },
]
const folder = dataFolder()
const environment = openEnvironment(folder.path, { plan: 'bench' })
const store = await embeddedStore(environment, { clock: systemClock(), tables })

const items = 10_000
function order(n: number): Item {
  const [customer, at] = [`customer-${Math.floor((n % items) / 10)}`, n % 10]
  return { customer, at, id: `${n % items}`, state: 'placed', price: 129.9, note: 'five fields, about 110 bytes' }
}
const put = (table: string, n: number): Write => ({ op: 'put', table, item: order(n) })
const keyOf = (n: number) => ({ customer: `customer-${Math.floor((n % items) / 10)}`, at: n % 10 })

async function fill(table: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 6_400) {
    const commits = Array.from({ length: Math.min(64, Math.ceil((to - at) / 100)) }, (_, n) => at + n * 100)
    await Promise.all(
      commits.map(first => store.commit({ writes: Array.from({ length: 100 }, (_, n) => put(table, first + n)) })),
    )
  }
}

async function sync(work: (n: number) => Promise<unknown>): Promise<number> {
  const until = performance.now() + 1_000
  let count = 0
  while (performance.now() < until) for (let n = 0; n < 100; n++) await work(count++ * 7)
  return count
}

/** So that the first line pays for no compilation. */
async function warmUp(): Promise<void> {
  await during(500, 64, n => store.commit({ writes: [put('orders', n * 7)] }))
  await during(500, 64, n => store.commit({ writes: [put('indexed', n * 7)] }))
}

async function show(name: string, work: () => Promise<number>): Promise<void> {
  console.log(line(name, await measured(folder.path, work, () => environment.transactions.begun)))
}

async function showRates(): Promise<void> {
  console.log(lineHead)
  for (const writers of [1, 64]) {
    const at = `${writers} writer${writers > 1 ? 's' : ''}`
    await show(`put, durable, ${at}`, () =>
      during(2_000, writers, n => store.commit({ writes: [put('orders', n * 7)] })),
    )
    await show(`put with an index, durable, ${at}`, () =>
      during(2_000, writers, n => store.commit({ writes: [put('indexed', n * 7)] })),
    )
  }
  await show('put, not durable, 64 writers', () =>
    during(2_000, 64, n => store.commit({ writes: [put('orders', n * 7)], durable: false })),
  )
  await show('get', () => sync(n => store.get('orders', keyOf(n))))
  await show('query of 10', () =>
    sync(n => store.query('orders', { partition: `customer-${n % (items / 10)}`, limit: 10 })),
  )
}

try {
  await fill('orders', 0, items)
  await warmUp()
  if (!process.argv.includes('--growth')) await showRates()
  if (!process.argv.includes('--short')) await grow()
} finally {
  await environment.close()
  folder.remove()
}

/** Items of a table that only grows: microseconds (passed, and of the processor) for each further one, bytes of the heap. */
async function grow(): Promise<void> {
  console.log('\n| items | µs for each further one | of the processor | heap, MB | µs a get |\n|---|---|---|---|---|')
  let from = 0
  for (const to of growthSteps()) {
    const { fill, used, heap, get } = await grown(from, to)
    console.log(`| ${round(to)} | ${fill.toFixed(1)} | ${used.toFixed(1)} | ${heap} | ${get} |`)
    from = to
  }
}

async function grown(from: number, to: number): Promise<{ fill: number; used: number; heap: string; get: string }> {
  const start = performance.now()
  const usedUs = cpuUs()
  for (let at = from; at < to; at += 6_400) {
    const firsts = Array.from({ length: Math.ceil(Math.min(6_400, to - at) / 100) }, (_, n) => at + n * 100)
    await Promise.all(firsts.map(first => store.commit({ writes: further(first), durable: false })))
  }
  const fill = ((performance.now() - start) * 1_000) / (to - from)
  const used = (cpuUs() - usedUs) / (to - from)
  globalThis.gc?.()
  const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)
  const gets = performance.now()
  for (let n = 0; n < 20_000; n++) await store.get('orders', { customer: `grown ${(n * 7_919) % to}`, at: 0 })
  return { fill, used, heap, get: (((performance.now() - gets) * 1_000) / 20_000).toFixed(2) }
}

function further(first: number): Write[] {
  return Array.from({ length: 100 }, (_, n) => {
    const item = { ...order(first + n), customer: `grown ${first + n}`, at: 0 }
    return { op: 'put', table: 'orders', item }
  })
}
