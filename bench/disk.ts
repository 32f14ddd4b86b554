/** The disk of a run: how often it flushes by itself, beside which every durable figure is to be read. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A folder beside the benchmarks, on the disk the repository is on. Under `--folder=` where one is given. */
export function dataFolder(): { readonly path: string; remove(): void } {
  const given = process.argv.find(argument => argument.startsWith('--folder='))?.slice('--folder='.length)
  const path = mkdtempSync(join(given ?? process.cwd(), 'data-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Overwrites of 4 KB, each with fdatasync, one after the other, nobody else: how long each takes. */
export function flushTimes(folder: string, milliseconds = 300): readonly number[] {
  const path = join(folder, 'probe')
  const file = openSync(path, 'w+')
  const page = Buffer.alloc(4_096, 1)
  writeSync(file, page, 0, page.length, 0)
  const times: number[] = []
  const start = performance.now()
  for (let before = start; before - start < milliseconds; ) {
    writeSync(file, page, 0, page.length, 0)
    fdatasyncSync(file)
    const now = performance.now()
    times.push(now - before)
    before = now
  }
  closeSync(file)
  rmSync(path)
  return times
}

/** The same, so many in a second. */
export function flushesPerSecond(folder: string, milliseconds = 300): number {
  const times = flushTimes(folder, milliseconds)
  return (times.length * 1_000) / times.reduce((sum, time) => sum + time, 0)
}

export interface Rate {
  readonly perSecond: number
  readonly perTransaction: number
  /** Of the disk, before and after. */
  readonly flushesPerSecond: number
}

/**
 * Does work, told how much of it was done, between two looks at the disk.
 * `transactions`: how many there were so far, where the work makes some.
 */
export async function measured(
  folder: string,
  work: () => Promise<number>,
  transactions: () => number = () => 0,
): Promise<Rate> {
  const before = flushesPerSecond(folder)
  const begun = transactions()
  const start = performance.now()
  const count = await work()
  const perSecond = (count * 1_000) / (performance.now() - start)
  const perTransaction = count / (transactions() - begun)
  return { perSecond, perTransaction, flushesPerSecond: (before + flushesPerSecond(folder)) / 2 }
}

/** The head of a table of `line`s. */
export const lineHead = `| Node ${process.versions.node} | a second | × fdatasync | fdatasync a second | commits a transaction |
|---|---|---|---|---|`

export function line(name: string, { perSecond, perTransaction, flushesPerSecond: flushes }: Rate): string {
  const shared = Number.isFinite(perTransaction) ? perTransaction.toFixed(1) : ''
  return `| ${name} | ${round(perSecond)} | ${(perSecond / flushes).toFixed(2)} | ${round(flushes)} | ${shared} |`
}

/** The sizes at which growth is looked at: from a thousand to a million, or to `--to=10000000`. */
export function growthSteps(): readonly number[] {
  const given = process.argv.find(argument => argument.startsWith('--to='))?.slice('--to='.length)
  return [1_000, 10_000, 100_000, 1_000_000, 10_000_000].filter(size => size <= Number(given ?? 1_000_000))
}

/** Microseconds of the processor that this process has had. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

export function round(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Runs so many at once for so long; gives how often they did it. */
export async function during(
  milliseconds: number,
  writers: number,
  once: (n: number) => Promise<unknown>,
): Promise<number> {
  const until = performance.now() + milliseconds
  let count = 0
  const writer = async (): Promise<void> => {
    while (performance.now() < until) await once(count++)
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return count
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
